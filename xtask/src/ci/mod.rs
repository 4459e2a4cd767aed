//! `cargo xtask ci`: every check of `.ci/run`, in the order that fails soonest.
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The arguments of `cargo xtask ci`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Leave out the tests, when they have been run already
    #[arg(long)]
    skip_tests: bool,
}

/// One check: what it is, and the command that does it.
struct Step {
    name: &'static str,
    /// `cargo`, unless another program checks it.
    program: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

impl Step {
    const fn new(name: &'static str, arguments: &'static [&'static str]) -> Self {
        Self {
            name,
            program: CARGO,
            arguments,
            environment: &[],
        }
    }

    /// The command as one types it.
    fn command(&self) -> String {
        let program = if self.program == CARGO {
            "cargo"
        } else {
            self.program
        };
        format!("{program} {}", self.arguments.join(" "))
    }

    /// Runs the check and says how long it took.
    fn run(&self) -> Result<()> {
        crate::console::say(&format!("==> {}: {}", self.name, self.command()));
        let begun = Instant::now();
        let status = Command::new(self.program)
            .args(self.arguments)
            .envs(self.environment.iter().copied())
            // Set by the cargo that runs this; it would make the inner ones rebuild.
            .env_remove("CARGO_MANIFEST_DIR")
            .current_dir(crate::paths::root())
            .status()
            .with_context(|| format!("{}: {} cannot be run; is it installed?", self.name, self.program))?;
        if !status.success() {
            bail!("{} failed: {}", self.name, self.command());
        }
        crate::console::say(&format!(
            "    {} passed in {:.0} s",
            self.name,
            begun.elapsed().as_secs_f64()
        ));
        Ok(())
    }
}

const CARGO: &str = env!("CARGO");

/// It compiles the peers it compares with, so it is checked alone and once, and not for each purpose.
const BENCHMARKS: &str = "agents-api-bench";

const CHECKS: &[Step] = &[
    Step::new("format", &["fmt", "--all", "--check"]),
    Step::new("layers", &["xtask", "layers"]),
    Step {
        name: "workflow ci",
        program: "npx",
        arguments: &[
            "--yes",
            "--package=@action-validator/core@0.6.0",
            "--package=@action-validator/cli@0.6.0",
            "action-validator",
            ".github/workflows/ci.yml",
        ],
        environment: &[],
    },
    Step {
        name: "workflow upstream",
        program: "npx",
        arguments: &[
            "--yes",
            "--package=@action-validator/core@0.6.0",
            "--package=@action-validator/cli@0.6.0",
            "action-validator",
            ".github/workflows/upstream.yml",
        ],
        environment: &[],
    },
    Step {
        name: "action",
        program: "npx",
        arguments: &[
            "--yes",
            "--package=@action-validator/core@0.6.0",
            "--package=@action-validator/cli@0.6.0",
            "action-validator",
            "action.yml",
        ],
        environment: &[],
    },
    Step::new("import --check", &["xtask", "import", "--check"]),
    Step::new("generate --check", &["xtask", "generate", "--check"]),
    Step::new(
        "clippy",
        &[
            "clippy",
            "--workspace",
            "--exclude",
            BENCHMARKS,
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ],
    ),
    Step {
        name: "rustdoc",
        program: CARGO,
        arguments: &[
            "doc",
            "--workspace",
            "--exclude",
            BENCHMARKS,
            "--no-deps",
            "--all-features",
        ],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
    },
];

/// The published crates build with every choice of features, and not only with all of them.
const FEATURES: &[Step] = &[
    Step::new(
        "as published",
        &[
            "package",
            "-p",
            "agents-api-raw",
            "-p",
            "agents-api-emulator",
            "-p",
            "agents-api",
            "--allow-dirty",
        ],
    ),
    Step::new(
        "raw, no features",
        &["check", "-p", "agents-api-raw", "--no-default-features"],
    ),
    Step::new(
        "raw, native-tls",
        &[
            "check",
            "-p",
            "agents-api-raw",
            "--no-default-features",
            "--features",
            "native-tls",
        ],
    ),
    Step::new(
        "raw, schemars",
        &[
            "check",
            "-p",
            "agents-api-raw",
            "--no-default-features",
            "--features",
            "schemars",
        ],
    ),
    Step::new(
        "raw, http2 and gzip",
        &["check", "-p", "agents-api-raw", "--features", "http2,gzip"],
    ),
    Step::new(
        "client, no features",
        &["check", "-p", "agents-api", "--no-default-features"],
    ),
    Step::new(
        "client, native-tls",
        &[
            "check",
            "-p",
            "agents-api",
            "--no-default-features",
            "--features",
            "native-tls",
        ],
    ),
    Step::new(
        "client, schemars",
        &["check", "-p", "agents-api", "--features", "schemars"],
    ),
    Step::new(
        "emulator, library only",
        &["check", "-p", "agents-api-emulator", "--no-default-features"],
    ),
    Step {
        name: "fuzz targets",
        program: CARGO,
        arguments: &[
            "check",
            "--manifest-path",
            "fuzz/Cargo.toml",
            "--no-default-features",
        ],
        // Other flags make other artifacts, so they are kept apart.
        environment: &[
            ("RUSTFLAGS", "--cfg fuzzing"),
            ("CARGO_TARGET_DIR", "target/fuzz"),
        ],
    },
    Step::new(
        "benchmarks",
        &["clippy", "-p", BENCHMARKS, "--", "-D", "warnings"],
    ),
];

/// nextest where it is installed: it does not run doctests, so those are run besides.
const NEXTEST: &[Step] = &[
    Step::new(
        "tests",
        &[
            "nextest",
            "run",
            "--workspace",
            "--exclude",
            BENCHMARKS,
            "--all-features",
        ],
    ),
    Step::new(
        "doctests",
        &[
            "test",
            "--workspace",
            "--exclude",
            BENCHMARKS,
            "--all-features",
            "--doc",
        ],
    ),
];
const PLAIN_TESTS: &[Step] = &[Step::new(
    "tests",
    &["test", "--workspace", "--exclude", BENCHMARKS, "--all-features"],
)];

/// Runs the command: 0 when every check passes, 1 at the first that does not.
pub fn run(args: &Args) -> ExitCode {
    match execute(args) {
        Ok(()) => {
            crate::console::say("ci: every check passed");
            ExitCode::SUCCESS
        }
        Err(error) => {
            crate::console::complain("ci", &error);
            ExitCode::FAILURE
        }
    }
}

fn execute(args: &Args) -> Result<()> {
    let tests = match (args.skip_tests, has_nextest()) {
        (true, _) => &[],
        (false, true) => NEXTEST,
        (false, false) => PLAIN_TESTS,
    };
    for step in CHECKS.iter().chain(tests).chain(FEATURES) {
        step.run()?;
    }
    Ok(())
}

fn has_nextest() -> bool {
    let output = Command::new(env!("CARGO"))
        .args(["nextest", "--version"])
        .output();
    output.is_ok_and(|output| output.status.success())
}

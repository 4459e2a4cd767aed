//! The program, run as users run it.
#![cfg(feature = "cli")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_agents-api-emulator"))
}

fn run(args: &[&str]) -> Output {
    program().args(args).output().expect("a program")
}

/// A file of this test process in the target directory.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()))
}

struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let mut child = program()
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a program");
        let mut line = String::new();
        let out = child.stdout.as_mut().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let address = line
            .trim_end()
            .strip_prefix("listening on http://")
            .expect("the first line")
            .to_owned();
        Self { child, address }
    }

    fn get(&self, path: &str, token: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let head = "Host: h\r\nUser-Agent: x\r\nConnection: close";
        write!(
            stream,
            "GET {path} HTTP/1.1\r\n{head}\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        .expect("sent");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        response
    }

    /// Sends a signal by the shell's own kill, and waits for the end.
    #[cfg(unix)]
    fn signal(mut self, name: &str) -> std::process::ExitStatus {
        let status = Command::new("sh")
            .arg("-c")
            .arg(format!("kill -{name} {}", self.child.id()))
            .status();
        assert!(status.expect("a shell").success());
        self.child.wait().expect("an end")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_serves_what_the_flags_ask_for() {
    let log = file("log.jsonl");
    let args = [
        "--token",
        "ghp_mine",
        "--repo",
        "acme/shop",
        "--tasks",
        "40",
        "--seed",
        "3",
        "--quota",
        "9",
        "--log",
    ];
    let emulator = Running::start(&[&args[..], &[log.to_str().expect("a path")]].concat());
    let response = emulator.get("/agents/repos/acme/shop/tasks?per_page=2", "ghp_mine");
    assert!(response.starts_with("HTTP/1.1 200 OK"), "{response}");
    assert!(response.contains("x-ratelimit-limit: 9\r\n"), "{response}");
    assert!(
        emulator
            .get("/agents/tasks", "ghp_other")
            .starts_with("HTTP/1.1 401")
    );
    drop(emulator);
    let lines = std::fs::read_to_string(&log).expect("a log");
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(!lines.contains("ghp_mine"));
    std::fs::remove_file(log).expect("removed");
}

#[cfg(unix)]
#[test]
fn it_ends_cleanly_on_both_signals() {
    for signal in ["INT", "TERM"] {
        let emulator = Running::start(&[]);
        let _idle = TcpStream::connect(&emulator.address).expect("a connection");
        assert_eq!(emulator.signal(signal).code(), Some(0), "{signal}");
    }
}

#[test]
fn it_strikes_with_the_faults_of_a_file() {
    let faults = file("faults.toml");
    std::fs::write(&faults, "[[fault]]\non = \"list-tasks\"\ndo = \"html\"\n").expect("written");
    let emulator = Running::start(&["--faults", faults.to_str().expect("a path")]);
    let response = emulator.get("/agents/tasks", agents_api_emulator::DEFAULT_TOKEN);
    assert!(response.starts_with("HTTP/1.1 502"), "{response}");
    std::fs::remove_file(faults).expect("removed");
}

#[test]
fn a_bad_flag_is_explained() {
    for (args, said) in [
        (vec!["--repo", "hello-world"], "OWNER/NAME"),
        (vec!["--repo", "a/.."], "OWNER/NAME"),
        (vec!["--speed", "fast"], "a speed is a number"),
        (vec!["--speed", "-1"], "a speed is a number"),
        (vec!["--life", "short"], "quick-success"),
        (vec!["--port", "70000"], "70000"),
        (vec!["--tasks", "many"], "many"),
        (vec!["--faults", "/nowhere/faults.toml"], "/nowhere/faults.toml"),
        (vec!["--log", "/nowhere/log"], "/nowhere/log"),
        (vec!["--tasks", "4294967295"], "10000000"),
        (vec!["--token", ""], "visible ASCII"),
        (vec!["--token", "two words"], "visible ASCII"),
        (vec!["--read-only-token", "ghs_x"], "refused by every operation"),
        (
            vec!["--token", "ghp_x", "--read-only-token", "ghp_x"],
            "--token already",
        ),
        (vec!["--unknown"], "--unknown"),
    ] {
        let output = run(&args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{args:?}");
        assert!(error.contains(said), "{args:?}: {error}");
    }
}

#[test]
fn a_bad_fault_file_is_explained_with_its_line() {
    let faults = file("bad.toml");
    std::fs::write(
        &faults,
        "seed = 1\n\n[[fault]]\non = \"starts\"\ndo = \"reset\"\n",
    )
    .expect("written");
    let output = run(&["--faults", faults.to_str().expect("a path")]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("bad.toml: line 3: fault 1: `on`: no operation is called \"starts\""),
        "{error}"
    );
    std::fs::remove_file(faults).expect("removed");
}

#[test]
fn a_taken_port_is_explained() {
    let emulator = Running::start(&[]);
    let port = emulator.address.rsplit(':').next().expect("a port");
    let output = run(&["--port", port]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success()
            && error.contains(&format!("cannot listen on 127.0.0.1:{port}: "))
            && error.contains("--port"),
        "{error}"
    );
}

#[test]
fn a_host_that_others_reach_is_pointed_out() {
    for (host, warned) in [("127.0.0.1", false), ("0.0.0.0", true)] {
        let mut child = program()
            .args(["--host", host])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program");
        let out = child.stdout.take().expect("its output");
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).expect("a line");
        child.kill().expect("killed");
        let error = child.wait_with_output().expect("an end").stderr;
        let error = String::from_utf8_lossy(&error).into_owned();
        assert!(
            line.starts_with(&format!("listening on http://{host}:")),
            "{line}"
        );
        assert_eq!(error.contains("other machines can reach"), warned, "{error}");
    }
}

#[test]
fn the_log_can_go_to_standard_output() {
    let mut emulator = Running::start(&["--log", "-"]);
    emulator.get("/agents/tasks", agents_api_emulator::DEFAULT_TOKEN);
    let mut line = String::new();
    let out = emulator.child.stdout.as_mut().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("a line");
    assert!(line.starts_with("{\"number\":1,"), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_that_cannot_be_written_is_pointed_out_once() {
    let mut child = program()
        .args(["--log", "/dev/full"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program");
    let mut line = String::new();
    let out = child.stdout.take().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("a line");
    let address = line.trim_end().rsplit('/').next().expect("an address").to_owned();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        write!(stream, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").expect("sent");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        assert!(response.starts_with("HTTP/1.1 403"), "{response}");
    }
    child.kill().expect("killed");
    let error = child.wait_with_output().expect("an end").stderr;
    let error = String::from_utf8_lossy(&error).into_owned();
    assert_eq!(error.matches("the log ends here").count(), 1, "{error}");
}

#[cfg(unix)]
#[test]
fn a_log_that_nobody_reads_does_not_keep_it_from_ending() {
    let mut emulator = Running::start(&["--log", "-"]);
    let body = "x".repeat(500_000);
    let length = body.len();
    let connections: Vec<_> = (0..8)
        .map(|_| TcpStream::connect(&emulator.address).expect("a connection"))
        .collect();
    for mut stream in &connections {
        let head = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n");
        write!(stream, "{head}{body}").expect("sent");
    }
    // The first byte of a line that no pipe can hold: its writer waits from now on.
    let out = emulator.child.stdout.as_mut().expect("its output");
    out.read_exact(&mut [0]).expect("a byte");
    assert_eq!(emulator.signal("TERM").code(), Some(0));
}

#[test]
fn custom_scripts_a_fixed_time_and_a_port_file_come_from_flags() {
    let (scripts, port) = (file("scripts.toml"), file("port"));
    let script =
        "[[script]]\nname = \"swift\"\nsteps = [{ after = 2, change = { state = \"completed\" } }]\n";
    std::fs::write(&scripts, script).expect("written");
    let paths = [&scripts, &port].map(|path| path.to_str().expect("a path").to_owned());
    let emulator = Running::start(&[
        "--host",
        "localhost",
        "--speed",
        "0",
        "--now",
        "2026-01-31T12:00:00Z",
        "--life",
        "swift",
        "--tasks",
        "1",
        "--token",
        "ghp_mine",
        "--realistic",
        "--control",
        "control",
        "--scripts",
        &paths[0],
        "--port-file",
        &paths[1],
    ]);
    let written = std::fs::read_to_string(&port).expect("a port");
    assert!(
        emulator.address.ends_with(&format!(":{}", written.trim())),
        "{written}"
    );
    let response = emulator.get("/rate_limit", "ghp_mine");
    assert!(
        response.contains("date: Sat, 31 Jan 2026 12:00:00 GMT\r\n"),
        "{response}"
    );
    assert!(
        emulator
            .get("/_emulator/health", "")
            .contains("\"status\":\"ok\"")
    );
    drop(emulator);
    for path in [scripts, port] {
        std::fs::remove_file(path).expect("removed");
    }
}

#[test]
fn a_wrong_flag_says_what_to_do() {
    let scripts = file("wrong.toml");
    std::fs::write(
        &scripts,
        "[[script]]\nname = \"x\"\nsteps = [{ after = 1, change = \"explode\" }]",
    )
    .expect("written");
    for (args, said) in [
        (
            vec!["--host", "nowhere"],
            "not an IP address; use one like 127.0.0.1, or localhost",
        ),
        (vec!["--seed", "-1"], "not a seed; use a whole number from 0"),
        (
            vec!["--life", "long"],
            "--life \"long\": unknown; use random or one of: quick-success",
        ),
        (
            vec!["--scripts", scripts.to_str().expect("a path")],
            "unknown variant `explode`",
        ),
    ] {
        let output = run(&args);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && error.contains(said),
            "{args:?}: {error}"
        );
    }
    std::fs::remove_file(scripts).expect("removed");
}

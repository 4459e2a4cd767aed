//! Where and when something was measured.
use std::process::Command;

/// The machine and the tools, on one line.
pub(super) fn describe() -> String {
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("an unknown processor", |(_, model)| model.trim())
        .to_owned();
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = [
        ("date", &["+%Y-%m-%d"][..]),
        ("uname", &["-sr"]),
        ("rustc", &["--version"]),
        ("valgrind", &["--version"]),
    ]
    .map(|(program, arguments)| said(program, arguments));
    let [date, system, rustc, valgrind] = parts;
    let rustc = rustc.split(" (").next().unwrap_or_default().to_owned();
    format!("{date}, {count} × {model}, {system}, {rustc}, {valgrind}")
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| format!("no {program}"))
}

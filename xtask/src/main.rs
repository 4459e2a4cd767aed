//! `cargo xtask`: keeps the generated client in step with GitHub's `OpenAPI` description.
fn main() -> std::process::ExitCode {
    xtask::cli::run()
}

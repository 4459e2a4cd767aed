//! The layer check, on small workspaces of its own.
use std::path::Path;

/// A workspace of one crate `k`, checked against `layers`, with the given exceptions.
struct Workspace(tempfile::TempDir);

impl Workspace {
    fn new(layers: &str, exceptions: &str, files: &[(&str, &str)]) -> Self {
        let workspace = Self(tempfile::tempdir().unwrap());
        let table = format!("# Read me.\n[layers]\nk = {layers}\nxtask = []\n\n[exceptions]\n{exceptions}");
        workspace.write("xtask/layers.toml", &table);
        workspace.write("xtask/src/lib.rs", "");
        for (name, text) in files {
            workspace.write(&format!("crates/k/src/{name}"), text);
        }
        workspace
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The violations, one a line.
    fn problems(&self) -> Vec<String> {
        match xtask::layers::check(self.root(), false) {
            Ok(_) => Vec::new(),
            Err(error) => format!("{error:#}").lines().skip(1).map(str::to_owned).collect(),
        }
    }
}

const LIB: (&str, &str) = ("lib.rs", "mod a; mod b; pub use b::B;");

#[test]
fn imports_that_go_down_pass() {
    let files = [
        LIB,
        ("a.rs", "pub struct A;"),
        ("b.rs", "use crate::a::A;\npub struct B(A);"),
    ];
    let workspace = Workspace::new(r#"[["a"], ["b"]]"#, "", &files);
    let summary = xtask::layers::check(workspace.root(), false).unwrap();
    assert_eq!(summary, "layers: 2 crates checked, 0 exceptions");
}

#[test]
fn an_import_that_goes_up_is_named_with_its_line_and_its_rule() {
    let files = [
        LIB,
        ("a.rs", "\nuse std::{fmt, io};\nuse crate::{\n    b::B,\n};"),
        ("b.rs", "pub struct B;"),
    ];
    let workspace = Workspace::new(r#"[["a"], ["b"]]"#, "", &files);
    let expected =
        "crates/k/src/a.rs:4: crate::b::B: a imports b, which is above it; import only from layers below";
    assert_eq!(workspace.problems(), [expected]);
}

#[test]
fn modules_of_one_layer_do_not_know_each_other() {
    let files = [LIB, ("a.rs", ""), ("b.rs", "use super::a;\npub struct B;")];
    let workspace = Workspace::new(r#"[["a", "b"]]"#, "", &files);
    let expected = "crates/k/src/b.rs:1: super::a: b imports a, which is of the same layer; import only from layers below";
    assert_eq!(workspace.problems(), [expected]);
}

#[test]
fn paths_in_types_bodies_macros_and_inner_modules_count() {
    let sources = [
        "fn f(_: crate::b::B) {}",
        "fn f() { let _ = crate::b::f(); }",
        "fn f() { assert!(crate::b::f()); }",
        "fn f() { use crate::b::B as C; }",
        "mod inner { use super::super::b::B; }",
        "use super::b::*;",
        "use crate::b as c; fn f() { c::f(); }",
    ];
    for source in sources {
        let files = [LIB, ("a.rs", source), ("b.rs", "pub struct B; pub fn f() {}")];
        let problems = Workspace::new(r#"[["a"], ["b"]]"#, "", &files).problems();
        assert!(
            problems.iter().all(|problem| problem.contains("a imports b")),
            "{source}: {problems:?}"
        );
        assert!(!problems.is_empty(), "{source}");
    }
}

#[test]
fn nobody_imports_through_the_root() {
    for source in [
        "use crate::B;",
        "use super::B;",
        "fn f(_: crate::B) {}",
        "use crate::{B as C};",
    ] {
        let files = [LIB, ("a.rs", source), ("b.rs", "pub struct B;")];
        let problems = Workspace::new(r#"[["b"], ["a"]]"#, "", &files).problems();
        assert_eq!(problems.len(), 1, "{source}: {problems:?}");
        assert!(
            problems[0].contains("imports through the root of the crate"),
            "{problems:?}"
        );
    }
}

#[test]
fn a_reexport_counts_as_the_file_that_defines_the_name() {
    let files = [
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod x; mod y; pub use x::X; pub use y::*;"),
        ("a/x.rs", "use super::Y;\npub struct X(Y);"),
        ("a/y.rs", "pub struct Y;"),
    ];
    assert_eq!(
        Workspace::new(r#"[["a"]]"#, "", &files).problems(),
        Vec::<String>::new()
    );
}

#[test]
fn files_that_import_each_other_are_a_circle_with_its_arrows() {
    let files = [
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod x;\nuse x::X;\npub struct A(X);"),
        ("a/x.rs", "\nuse super::A;\npub struct X(Box<A>);"),
    ];
    let expected = [
        "crates/k/src/a/mod.rs: 2 files import each other in a circle; move what they share below them",
        "  crates/k/src/a/mod.rs:2: imports crates/k/src/a/x.rs",
        "  crates/k/src/a/x.rs:2: imports crates/k/src/a/mod.rs",
    ];
    assert_eq!(Workspace::new(r#"[["a"]]"#, "", &files).problems(), expected);
}

#[test]
fn generated_files_may_be_circles_and_quoted_code_is_of_another_crate() {
    let generated = "// @generated by a program.\n";
    let (outer, inner) = (
        format!("{generated}mod x; use x::X; pub struct A(X);"),
        format!("{generated}use super::A;"),
    );
    let inner = format!("{inner} pub struct X(Box<A>);");
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", outer.as_str()),
        ("a/x.rs", inner.as_str()),
        (
            "b.rs",
            "fn f() { quote!(crate::Error); parse_quote! { crate::Error } }",
        ),
    ];
    assert_eq!(
        Workspace::new(r#"[["a"], ["b"]]"#, "", &files).problems(),
        Vec::<String>::new()
    );
}

#[test]
fn an_inner_module_can_have_a_layer_of_its_own() {
    let files = [
        LIB,
        (
            "a/mod.rs",
            "mod low; pub use low::Low; use crate::b::B; pub struct A(B);",
        ),
        ("a/low.rs", "pub struct Low;"),
        ("b.rs", "use crate::a::Low;\npub struct B(Low);"),
    ];
    assert_eq!(
        Workspace::new(r#"[["a::low"], ["b"], ["a"]]"#, "", &files).problems(),
        Vec::<String>::new()
    );
}

#[test]
fn the_table_names_every_module_and_none_besides() {
    let files = [LIB, ("a.rs", ""), ("b.rs", "pub struct B;")];
    let expected = [
        "xtask/layers.toml: the module b of k is in no layer; add it to one",
        "xtask/layers.toml: k has no module c; remove it from its layer",
    ];
    assert_eq!(Workspace::new(r#"[["a", "c"]]"#, "", &files).problems(), expected);
    let table = "[layers]\nk = [[\"a\", \"b\"]]\nxtask = []\ngone = []\n";
    let workspace = Workspace::new("[]", "", &files);
    workspace.write("xtask/layers.toml", table);
    assert_eq!(
        workspace.problems(),
        ["xtask/layers.toml: there is no crate gone; remove it"]
    );
}

#[test]
fn an_exception_allows_one_violation_and_must_go_with_it() {
    let exceptions = "k = [\"crates/k/src/a.rs -> b\"]\n";
    let up = [LIB, ("a.rs", "use crate::b::B;"), ("b.rs", "pub struct B;")];
    let workspace = Workspace::new(r#"[["a"], ["b"]]"#, exceptions, &up);
    assert_eq!(workspace.problems(), Vec::<String>::new());
    workspace.write("crates/k/src/a.rs", "");
    let expected =
        "xtask/layers.toml: the exception \"crates/k/src/a.rs -> b\" of k no longer occurs; remove it";
    assert_eq!(workspace.problems(), [expected]);
}

#[test]
fn update_rewrites_the_exceptions_and_nothing_above_them() {
    let files = [LIB, ("a.rs", "use crate::b::B;"), ("b.rs", "pub struct B;")];
    let workspace = Workspace::new(r#"[["a"], ["b"]]"#, "k = [\"gone\"]\n", &files);
    let before = std::fs::read_to_string(workspace.root().join("xtask/layers.toml")).unwrap();
    xtask::layers::check(workspace.root(), true).unwrap();
    let after = std::fs::read_to_string(workspace.root().join("xtask/layers.toml")).unwrap();
    assert_eq!(
        after,
        before.replace("k = [\"gone\"]", "k = [\n  \"crates/k/src/a.rs -> b\",\n]")
    );
    assert_eq!(workspace.problems(), Vec::<String>::new());
}

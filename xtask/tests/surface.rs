//! What users of the published crates see, as reviewed listings.

fn listing(krate: &str) -> String {
    let root = xtask::paths::root().join("crates").join(krate).join("src/lib.rs");
    xtask::surface::listing(&krate.replace('-', "_"), &root).unwrap()
}

#[test]
fn the_public_surface_of_the_raw_crate_is_as_reviewed() {
    insta::assert_snapshot!("agents_api_raw", listing("agents-api-raw"));
}

#[test]
fn the_public_surface_of_the_library_is_as_reviewed() {
    insta::assert_snapshot!("agents_api", listing("agents-api"));
}

#[test]
fn what_concerns_nobody_outside_is_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("lib.rs");
    let source =
        "pub struct A; impl A { pub fn set(mut self, mut value: u8) -> Self {} pub fn get(&mut self) {} }
        pub enum B { C { #[doc = \"Why.\"] why: String }, D(#[doc = \"What.\"] u8) }";
    std::fs::write(&root, source).unwrap();
    let listing = xtask::surface::listing("k", &root).unwrap();
    let expected = [
        "enum k::B",
        "fn k::A::get(&mut self)",
        "fn k::A::set(self, value: u8) -> Self",
        "struct k::A",
        "variant k::B::C{ why: String }",
        "variant k::B::D(u8)",
    ];
    assert_eq!(listing.lines().collect::<Vec<_>>(), expected);
}

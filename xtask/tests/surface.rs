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

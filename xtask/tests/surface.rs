//! What users of the generated crate see, as a reviewed listing.

#[test]
fn the_public_surface_of_the_raw_crate_is_as_reviewed() {
    let root = xtask::paths::root().join("crates/agents-api-raw/src/lib.rs");
    let listing = xtask::surface::listing("agents_api_raw", &root).unwrap();
    insta::assert_snapshot!("agents_api_raw", listing);
}

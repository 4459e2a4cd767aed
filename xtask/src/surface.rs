//! The public surface of a crate as a listing: one line an item, kind, path and signature, sorted.
//!
//! Read from the sources with `syn`, so it needs no nightly compiler. A reviewer sees in a snapshot of it what a
//! change of the spec, the overlay or the generator does to users.
use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use quote::ToTokens;
use syn::{Fields, ImplItem, Item, Visibility};

/// Lists the public items of the crate whose root file is `root`, under the name `krate`.
///
/// Private modules are read too: what they hold is public when it is `pub`, since the root re-exports it.
///
/// # Errors
/// When a source file cannot be read or parsed.
pub fn listing(krate: &str, root: &Path) -> Result<String> {
    let mut lines = BTreeSet::new();
    file(krate, root, root.parent().unwrap_or(root), &mut lines)?;
    Ok(lines.into_iter().collect::<Vec<_>>().join("\n"))
}

fn file(path: &str, source: &Path, folder: &Path, lines: &mut BTreeSet<String>) -> Result<()> {
    let text =
        std::fs::read_to_string(source).with_context(|| format!("cannot read {}", source.display()))?;
    let parsed = syn::parse_file(&text).with_context(|| format!("cannot parse {}", source.display()))?;
    for item in &parsed.items {
        self::item(path, item, folder, lines)?;
    }
    Ok(())
}

fn item(path: &str, item: &Item, folder: &Path, lines: &mut BTreeSet<String>) -> Result<()> {
    match item {
        Item::Mod(module) if module.content.is_none() && !is_test(&module.attrs) => {
            let name = module.ident.to_string();
            // What a private module holds is seen where the module stands: its parent re-exports it.
            let inner = if public(&module.vis) {
                format!("{path}::{name}")
            } else {
                path.to_owned()
            };
            let nested = folder.join(&name);
            let flat = folder.join(format!("{name}.rs"));
            let source = if flat.exists() {
                flat
            } else {
                nested.join("mod.rs")
            };
            file(&inner, &source, &nested, lines)?;
        }
        Item::Struct(s) if public(&s.vis) => {
            lines.insert(format!(
                "struct {path}::{}{}{}",
                s.ident,
                text(&s.generics),
                marks(&s.attrs)
            ));
            for field in s.fields.iter().filter(|field| public(&field.vis)) {
                let name = field
                    .ident
                    .as_ref()
                    .map_or_else(|| "_".to_owned(), ToString::to_string);
                lines.insert(format!("field {path}::{}.{name}: {}", s.ident, text(&field.ty)));
            }
        }
        Item::Enum(e) if public(&e.vis) => {
            lines.insert(format!("enum {path}::{}{}", e.ident, marks(&e.attrs)));
            for variant in &e.variants {
                let fields = match undocumented(&variant.fields) {
                    Fields::Unit => String::new(),
                    fields => text(&fields),
                };
                lines.insert(format!("variant {path}::{}::{}{fields}", e.ident, variant.ident));
            }
        }
        Item::Trait(t) if public(&t.vis) => {
            lines.insert(format!("trait {path}::{}: {}", t.ident, text(&t.supertraits)));
            for member in &t.items {
                if let syn::TraitItem::Fn(function) = member {
                    lines.insert(format!("fn {path}::{}::{}", t.ident, signature(&function.sig)));
                }
            }
        }
        Item::Fn(f) if public(&f.vis) => {
            lines.insert(format!("fn {path}::{}", signature(&f.sig)));
        }
        Item::Const(c) if public(&c.vis) => {
            lines.insert(format!(
                "const {path}::{}: {} = {}",
                c.ident,
                text(&c.ty),
                text(&c.expr)
            ));
        }
        Item::Type(t) if public(&t.vis) => {
            lines.insert(format!(
                "type {path}::{}{} = {}",
                t.ident,
                text(&t.generics),
                text(&t.ty)
            ));
        }
        Item::Use(u) if public(&u.vis) => {
            lines.insert(format!("use {path}: {}", text(&u.tree)));
        }
        Item::Impl(i) => implementation(path, i, lines),
        _ => {}
    }
    Ok(())
}

fn implementation(path: &str, item: &syn::ItemImpl, lines: &mut BTreeSet<String>) {
    let name = text(&item.self_ty);
    if let Some((_, interface, _)) = &item.trait_ {
        lines.insert(format!("impl {} for {path}::{name}", text(interface)));
        return;
    }
    for member in &item.items {
        match member {
            ImplItem::Fn(f) if public(&f.vis) => {
                lines.insert(format!("fn {path}::{name}::{}", signature(&f.sig)));
            }
            ImplItem::Const(c) if public(&c.vis) => {
                lines.insert(format!("const {path}::{name}::{}: {}", c.ident, text(&c.ty)));
            }
            _ => {}
        }
    }
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| text(&attribute.meta).contains("test"))
}

/// Attributes and derives that users see.
fn marks(attributes: &[syn::Attribute]) -> String {
    let seen = attributes.iter().filter_map(|attribute| {
        let text = text(&attribute.meta);
        let shown = ["non_exhaustive", "derive", "must_use"]
            .iter()
            .any(|name| attribute.path().is_ident(name));
        shown.then(|| {
            if attribute.path().is_ident("must_use") {
                "must_use".to_owned()
            } else {
                text
            }
        })
    });
    let seen: BTreeSet<String> = seen.collect();
    if seen.is_empty() {
        String::new()
    } else {
        format!(" [{}]", seen.into_iter().collect::<Vec<_>>().join(", "))
    }
}

/// The fields without their attributes: what is said about them is no part of the surface.
fn undocumented(fields: &Fields) -> Fields {
    let mut fields = fields.clone();
    fields.iter_mut().for_each(|field| field.attrs.clear());
    fields
}

/// A function's name, arguments, result and bounds.
fn signature(signature: &syn::Signature) -> String {
    let mut signature = signature.clone();
    for argument in &mut signature.inputs {
        // Whether an argument taken by value is mutable inside concerns nobody outside.
        match argument {
            syn::FnArg::Receiver(receiver) if receiver.reference.is_none() => receiver.mutability = None,
            syn::FnArg::Typed(argument) => {
                if let syn::Pat::Ident(name) = argument.pat.as_mut() {
                    name.mutability = None;
                }
            }
            syn::FnArg::Receiver(_) => {}
        }
    }
    let text = text(&signature);
    match text.split_once("fn ") {
        Some(("", rest)) => rest.to_owned(),
        Some((before, rest)) => format!("{rest} [{}]", before.trim()),
        None => text,
    }
}

/// Tokens as one writes them, on one line.
fn text(tokens: &impl ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    let mut text = String::new();
    for token in spaced.split_whitespace() {
        let last = text.chars().last();
        let (Some(last), Some(first)) = (last, token.chars().next()) else {
            text.push_str(token);
            continue;
        };
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '"';
        let apart = word(last) && (word(first) || first == '\'')
            || matches!(last, ',' | '+' | '=' | '{')
            || matches!(first, '+' | '=' | '{' | '}')
            || last == ':' && !text.ends_with("::") && token != ":"
            || token == "->"
            || text.ends_with("->")
            || last == '>' && word(first);
        if apart {
            text.push(' ');
        }
        text.push_str(token);
    }
    text
}

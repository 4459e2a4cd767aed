//! The modules of one crate as its source files declare them: children, imported names, defined names.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::Item;

/// One module: a file, or an inline `mod` within one.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The path below the crate, as in `start::search`; empty for the crate itself.
    pub name: String,
    pub file: PathBuf,
    /// Whether the file's first line says that a program wrote it.
    pub generated: bool,
    pub parent: Option<usize>,
    pub children: BTreeMap<String, usize>,
    /// Names that a `use` brings into this module, with the path each stands for.
    pub imported: BTreeMap<String, Vec<String>>,
    /// Names of the items that the module itself defines.
    pub defined: BTreeSet<String>,
    /// The targets of `use …::*`.
    pub globs: Vec<Vec<String>>,
    /// Every path of two or more segments, wherever it stands: imports, types, expressions, macros.
    pub paths: Vec<Reference>,
}

/// One path as it is written.
#[derive(Debug)]
pub(super) struct Reference {
    pub segments: Vec<String>,
    pub line: usize,
}

/// Reads the crate whose root file is `root` and returns its modules; the first is the crate itself.
///
/// # Errors
/// When a file cannot be read or parsed.
pub(super) fn read(root: &Path) -> Result<Vec<Module>> {
    let mut modules = Vec::new();
    let folder = root.parent().context("the root file of a crate is in a folder")?;
    file(Module::default(), root, folder, &mut modules)?;
    Ok(modules)
}

fn file(module: Module, path: &Path, folder: &Path, modules: &mut Vec<Module>) -> Result<usize> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let parsed = syn::parse_file(&text).with_context(|| format!("cannot parse {}", path.display()))?;
    let module = Module {
        file: path.to_owned(),
        generated: text.starts_with("// @generated"),
        ..module
    };
    contents(module, &parsed.items, folder, modules)
}

fn contents(module: Module, items: &[Item], folder: &Path, modules: &mut Vec<Module>) -> Result<usize> {
    let index = modules.len();
    modules.push(module);
    for item in items {
        let Item::Mod(inner) = item else {
            modules[index].defined.extend(name_of(item));
            references(item.to_token_stream(), &mut modules[index]);
            continue;
        };
        let name = inner.ident.to_string();
        let nested = folder.join(&name);
        let outer = &modules[index];
        let module = Module {
            name: format!("{}::{name}", outer.name)
                .trim_start_matches(':')
                .to_owned(),
            file: outer.file.clone(),
            generated: outer.generated,
            parent: Some(index),
            ..Module::default()
        };
        let child = if let Some((_, items)) = &inner.content {
            contents(module, items, &nested, modules)?
        } else {
            let flat = folder.join(format!("{name}.rs"));
            let source = if flat.exists() {
                flat
            } else {
                nested.join("mod.rs")
            };
            file(module, &source, &nested, modules)?
        };
        modules[index].children.insert(name, child);
    }
    for item in items {
        if let Item::Use(item) = item {
            imports(&item.tree, &mut Vec::new(), &mut modules[index]);
        }
    }
    Ok(index)
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Enters what a `use` at the top of a module brings into it.
fn imports(tree: &syn::UseTree, prefix: &mut Vec<String>, module: &mut Module) {
    match tree {
        syn::UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            imports(&path.tree, prefix, module);
            prefix.pop();
        }
        syn::UseTree::Name(name) => enter(&name.ident.to_string(), &name.ident.to_string(), prefix, module),
        syn::UseTree::Rename(name) => {
            enter(&name.rename.to_string(), &name.ident.to_string(), prefix, module);
        }
        syn::UseTree::Glob(_) => module.globs.push(prefix.clone()),
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                imports(tree, prefix, module);
            }
        }
    }
}

fn enter(name: &str, of: &str, prefix: &[String], module: &mut Module) {
    let mut path = prefix.to_vec();
    let name = if of == "self" {
        path.last().cloned().unwrap_or_default()
    } else {
        path.push(of.to_owned());
        name.to_owned()
    };
    module.imported.insert(name, path);
}

/// Collects the paths of a stretch of tokens, so that what macros are given is read as well.
fn references(tokens: TokenStream, module: &mut Module) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            // What is quoted is code of another crate.
            TokenTree::Ident(name) if is_quote(name) && is_punct(&tokens, at + 1, '!') => at += 3,
            TokenTree::Ident(_) => at = path(&tokens, at, &[], module),
            TokenTree::Group(group) => {
                references(group.stream(), module);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads the path that begins at `at` behind `prefix` and returns where it ends.
fn path(tokens: &[TokenTree], mut at: usize, prefix: &[String], module: &mut Module) -> usize {
    let Some(first) = tokens.get(at) else { return at };
    let line = first.span().start().line;
    let mut segments = prefix.to_vec();
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(ident)) => segments.push(ident.to_string()),
            Some(TokenTree::Punct(star)) if star.as_char() == '*' && segments.len() > prefix.len() => {
                segments.push("*".to_owned());
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                branches(&group.stream(), &segments, module);
                return at + 1;
            }
            _ => break,
        }
        at += 1;
        if !is_separator(tokens, at) {
            break;
        }
        at += 2;
    }
    if segments.len() > 1 {
        module.paths.push(Reference { segments, line });
    }
    at
}

/// Reads the branches of `use prefix::{…}`.
fn branches(tokens: &TokenStream, prefix: &[String], module: &mut Module) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    for branch in tokens.split(comma).filter(|branch| !branch.is_empty()) {
        path(branch, 0, prefix, module);
    }
}

fn is_quote(name: &proc_macro2::Ident) -> bool {
    ["quote", "parse_quote"].iter().any(|quote| name == quote)
}

fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens, at, ':') && is_punct(tokens, at + 1, ':')
}

fn is_punct(tokens: &[TokenTree], at: usize, punct: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(found)) if found.as_char() == punct)
}

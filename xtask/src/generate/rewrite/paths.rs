//! Paths as one writes them: progenitor's output spells out every one from its root.
use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenTree};
use quote::format_ident;
use syn::visit_mut::VisitMut;

/// `::std::option::Option` and its like, as one writes them.
pub(super) struct ShortPaths<'a> {
    /// Names that types of the API have taken.
    pub taken: &'a BTreeSet<String>,
    /// What stands before the name of such a type in this file.
    pub types_are_in: Option<&'static str>,
}

impl ShortPaths<'_> {
    const PRELUDE: [(&'static str, &'static str); 7] = [
        ("option", "Option"),
        ("string", "String"),
        ("vec", "Vec"),
        ("result", "Result"),
        ("convert", "TryInto"),
        ("default", "Default"),
        ("ops", "FnOnce"),
    ];

    /// `Option::is_none` for `::std::option::Option::is_none`.
    fn short(&self, path: &str) -> Option<String> {
        let path = path.strip_prefix("::").unwrap_or(path);
        let (module, tail) = path.strip_prefix("std::")?.split_once("::")?;
        let name = tail.split("::").next()?;
        let in_prelude = Self::PRELUDE.contains(&(module, name));
        (in_prelude && !self.taken.contains(name)).then(|| tail.to_owned())
    }
}

impl VisitMut for ShortPaths<'_> {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        let names: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if names.len() >= 3 && self.short(&names.join("::")).is_some() {
            path.leading_colon = None;
            path.segments = path.segments.iter().skip(2).cloned().collect();
        } else if names.len() >= 3 && names[0] == "crate" && names[1] == "types" {
            let prefix = self
                .types_are_in
                .map(|name| syn::PathSegment::from(format_ident!("{name}")));
            path.segments = prefix
                .into_iter()
                .chain(path.segments.iter().skip(2).cloned())
                .collect();
        }
        syn::visit_mut::visit_path_mut(self, path);
    }

    fn visit_type_path_mut(&mut self, ty: &mut syn::TypePath) {
        let before = ty.path.segments.len();
        syn::visit_mut::visit_type_path_mut(self, ty);
        // In `<V as std::convert::TryInto<T>>::Error` the position counts the segments of the trait.
        if let Some(qself) = &mut ty.qself {
            qself.position -= before - ty.path.segments.len();
        }
    }

    fn visit_attribute_mut(&mut self, attribute: &mut syn::Attribute) {
        if let syn::Meta::List(list) = &mut attribute.meta
            && list.path.is_ident("serde")
        {
            let tokens = list.tokens.clone().into_iter().map(|token| match &token {
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    match self.short(text.trim_matches('"')) {
                        Some(short) => Literal::string(&short).into(),
                        None => token,
                    }
                }
                _ => token,
            });
            list.tokens = tokens.collect();
        }
        syn::visit_mut::visit_attribute_mut(self, attribute);
    }
}

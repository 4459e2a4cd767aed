//! Open enums: every value the spec has, and `Unknown` for those it does not have yet.
use anyhow::{Context, Result, bail};
use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

/// The names of the spec's enums.
pub(super) fn names(spec: &Value) -> Vec<String> {
    let schemas = spec.pointer("/components/schemas").and_then(Value::as_object);
    let enums = schemas
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema.get("enum").is_some());
    enums.map(|(name, _)| name.clone()).collect()
}

/// One value of an enum.
struct EnumValue {
    text: String,
    variant: syn::Ident,
    doc: String,
}

/// The Rust items of the enum `name`.
pub(super) fn items(name: &str, schema: &Value) -> Result<Vec<syn::Item>> {
    let values = values(name, schema)?;
    let doc = super::docs::text(schema);
    let file: syn::File = syn::parse2(tokens(name, &doc, &values))?;
    Ok(file.items)
}

fn values(name: &str, schema: &Value) -> Result<Vec<EnumValue>> {
    let list = schema
        .get("enum")
        .and_then(Value::as_array)
        .context("not an enum")?;
    let docs = schema.get("x-enum-descriptions");
    let mut values: Vec<EnumValue> = Vec::with_capacity(list.len());
    for value in list {
        let text = value.as_str();
        let text = text.with_context(|| format!("{name} has the value {value}, which is not a string"))?;
        let variant = variant(text)
            .with_context(|| format!("{name} has the value {text:?}, which makes no Rust name"))?;
        if let Some(other) = values.iter().find(|other| other.variant == variant) {
            bail!(
                "{name} has the values {:?} and {text:?}, which make one Rust name",
                other.text
            );
        }
        let doc = docs.and_then(|docs| docs.get(text)).and_then(Value::as_str);
        let doc = doc.with_context(|| format!("{name} does not document its value {text:?}"))?;
        values.push(EnumValue {
            text: text.to_owned(),
            variant,
            doc: doc.to_owned(),
        });
    }
    Ok(values)
}

/// The variant of a value. Signs are spelled out, digits get a letter before them, and `unknown` gives way to the variant
/// for undocumented values.
fn variant(text: &str) -> Result<syn::Ident> {
    let spelled = match text.as_bytes() {
        [] => "empty".to_owned(),
        [b'+', rest @ ..] if !rest.is_empty() => format!("plus {}", &text[1..]),
        [b'-', rest @ ..] if !rest.is_empty() => format!("minus {}", &text[1..]),
        [b'0'..=b'9', ..] => format!("v{text}"),
        _ if text.contains(char::is_alphanumeric) => text.to_owned(),
        _ => text.chars().fold(String::new(), |name, sign| {
            format!("{name}sign {:x} ", u32::from(sign))
        }),
    };
    let name = match spelled.to_upper_camel_case() {
        name if name == "Unknown" => "UnknownValue".to_owned(),
        name => name,
    };
    Ok(syn::parse_str(&name)?)
}

fn tokens(name: &str, doc: &str, values: &[EnumValue]) -> TokenStream {
    let ident = format_ident!("{name}");
    let doc = super::docs::lines(&format!(
        "{doc}\n\nAn open enum: a value that GitHub adds later is [`{name}::Unknown`] and keeps its text."
    ));
    let variants: Vec<_> = values.iter().map(|value| &value.variant).collect();
    let texts: Vec<_> = values.iter().map(|value| &value.text).collect();
    let docs = values
        .iter()
        .map(|value| format!(" `{}`: {}", value.text, value.doc));
    quote! {
        #(#[doc = #doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum #ident {
            #(#[doc = #docs] #variants,)*
            /// A value this version of the crate does not know, as GitHub sent it.
            Unknown(String),
        }

        impl #ident {
            /// The documented values, in GitHub's order.
            pub const KNOWN: &'static [Self] = &[#(Self::#variants),*];

            /// The value as it stands in JSON.
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#variants => #texts,)*
                    Self::Unknown(text) => text,
                }
            }

            /// Whether this version of the crate knows the value.
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Unknown(_))
            }

            fn known(text: &str) -> Option<Self> {
                match text {
                    #(#texts => Some(Self::#variants),)*
                    _ => None,
                }
            }
        }

        impl From<&str> for #ident {
            fn from(text: &str) -> Self {
                Self::known(text).unwrap_or_else(|| Self::Unknown(text.to_owned()))
            }
        }

        impl From<String> for #ident {
            fn from(text: String) -> Self {
                Self::known(&text).unwrap_or(Self::Unknown(text))
            }
        }

        impl std::str::FromStr for #ident {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(text.into())
            }
        }

        impl AsRef<str> for #ident {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for #ident {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for #ident {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for #ident {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::runtime::open_enum::open_enum(deserializer, Self::known, Self::Unknown)
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for #ident {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                #name.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                // As open as the type: the documented values, or any other text.
                schemars::json_schema!({ "anyOf": [{ "type": "string", "enum": Self::KNOWN }, { "type": "string" }] })
            }
        }
    }
}

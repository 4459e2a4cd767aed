//! The origin under which the client reached the emulator: links must lead back the way it came.

use http::uri::Authority;
use http::{HeaderMap, HeaderName, header};

/// `scheme://host`, from what a proxy in front says, else from a target in absolute form, which counts for more than
/// `Host` (RFC 9112, 3.2.2), else from `Host`, else from the local address.
pub(crate) fn of(headers: &HeaderMap, target: Option<&Authority>, local: &str) -> String {
    let forwarded = |name| text(headers, &HeaderName::from_static(name));
    let host = forwarded("x-forwarded-host")
        .or_else(|| target.map(Authority::as_str))
        .or_else(|| text(headers, &header::HOST));
    let host = host.filter(|host| is_host(host)).unwrap_or(local);
    let scheme = forwarded("x-forwarded-proto")
        .filter(|scheme| matches!(*scheme, "http" | "https"))
        .unwrap_or("http");
    format!("{scheme}://{host}")
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let first = headers.get(name)?.to_str().ok()?.split(',').next()?.trim();
    (!first.is_empty()).then_some(first)
}

/// Nothing that could end a URL in a `Link` header.
fn is_host(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".:-_[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(pairs: &[(&'static str, &str)]) -> String {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                value.parse().expect("a header value"),
            )
        });
        of(&pairs.collect(), None, "127.0.0.1:1")
    }

    #[test]
    fn links_lead_back_to_where_the_client_came_from() {
        assert_eq!(origin(&[]), "http://127.0.0.1:1");
        assert_eq!(origin(&[("host", "localhost:8080")]), "http://localhost:8080");
        let behind_proxy = [
            ("host", "inner"),
            ("x-forwarded-host", "github.test"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(origin(&behind_proxy), "https://github.test");
        let host = HeaderMap::from_iter([(header::HOST, "inner".parse().expect("a header value"))]);
        let target = Authority::from_static("outer:8080");
        assert_eq!(of(&host, Some(&target), "127.0.0.1:1"), "http://outer:8080");
        assert_eq!(origin(&[("host", "a>; rel=\"next\"")]), "http://127.0.0.1:1");
    }
}

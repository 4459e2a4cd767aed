//! The `Link` header of a page.

use super::query::Query;
use crate::faults::shape::LinkFault;

/// The position of a page in its list.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) origin: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a Query<'a>,
    pub(crate) page: u64,
    pub(crate) more: bool,
}

/// `first` always, `prev` after page 1, `next` while more pages exist, `last` on the final page.
pub(crate) fn header(place: &Place<'_>, fault: &LinkFault) -> String {
    let link = |origin: &str, page: u64, rel: &str| {
        format!(
            "<{origin}{}?{}>; rel=\"{rel}\"",
            place.path,
            place.query.with_page(page)
        )
    };
    let mut links = Vec::with_capacity(3);
    if place.page > 1 {
        links.push(link(place.origin, place.page - 1, "prev"));
    }
    if place.more || fault.forced {
        let next = if fault.to_self {
            place.page
        } else {
            place.page.saturating_add(1)
        };
        links.push(link(
            fault.origin.as_deref().unwrap_or(place.origin),
            next,
            "next",
        ));
    } else {
        links.push(link(place.origin, place.page, "last"));
    }
    links.push(link(place.origin, 1, "first"));
    links.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(raw: &str, page: u64, more: bool) -> String {
        let query = Query::parse(Some(raw));
        header(
            &Place {
                origin: "http://h",
                path: "/p",
                query: &query,
                page,
                more,
            },
            &LinkFault::default(),
        )
    }

    #[test]
    fn each_page_links_to_its_neighbours() {
        let first = links("state=queued&per_page=2", 1, true);
        assert_eq!(
            first,
            "<http://h/p?state=queued&per_page=2&page=2>; rel=\"next\", \
             <http://h/p?state=queued&per_page=2&page=1>; rel=\"first\""
        );
        let middle = links("page=2", 2, true);
        assert!(middle.contains("<http://h/p?page=1>; rel=\"prev\""), "{middle}");
        assert!(
            middle.contains("<http://h/p?page=3>; rel=\"next\"") && !middle.contains("last"),
            "{middle}"
        );
        let last = links("page=3", 3, false);
        assert!(
            last.contains("<http://h/p?page=3>; rel=\"last\"") && !last.contains("next"),
            "{last}"
        );
        assert!(last.contains("rel=\"first\""), "{last}");
    }
}

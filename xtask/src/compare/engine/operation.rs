//! Two operations side by side: names, parameters, bodies, answers.
use super::super::error::Error;
use super::super::model::Operation;
use super::super::render::code;
use super::super::report::{Class, Finding};
use super::super::schema::Node;
use super::found::{Side, Spot};
use super::keywords::{deprecation, prose};
use super::walk::Walk;
use super::{By, whole};

/// Where findings go.
pub(super) type Findings<'f> = &'f mut Vec<Finding>;

impl<'a> Walk<'a> {
    /// What changed between two operations. `names`: whether operation ids are comparable.
    pub(super) fn operation(
        &mut self,
        old: &Operation<'a>,
        new: &Operation<'a>,
        by: By,
        names: bool,
        findings: Findings<'_>,
    ) -> Result<(), Error> {
        let title = new.title();
        if by == By::Id {
            let message = format!("operation moved from {}", code(&old.title()));
            findings.push(whole(new, Class::Breaking, &message));
        }
        if names && old.id != new.id {
            let say = |id: Option<&str>| id.map_or_else(|| "none".to_owned(), code);
            let message = format!("operation id changed from {} to {}", say(old.id), say(new.id));
            findings.push(whole(new, Class::Additive, &message));
        }
        let spot = Spot::new(&title, "operation", Side::Request);
        let notices = deprecation(old.deprecated, new.deprecated);
        findings.extend(notices.map(|found| whole(new, found.class, &found.message)));
        self.say_prose(
            &spot,
            "summary",
            old.summary.as_deref(),
            new.summary.as_deref(),
            findings,
        );
        self.say_prose(
            &spot,
            "description",
            old.description.as_deref(),
            new.description.as_deref(),
            findings,
        );
        servers(&title, old, new, findings);
        authentication(&title, old, new, findings);
        self.parameters(&title, old, new, by, findings)?;
        self.bodies(&title, old, new, findings)?;
        self.responses(&title, old, new, findings)
    }

    pub(super) fn say_prose(
        &self,
        spot: &Spot<'_>,
        what: &str,
        old: Option<&str>,
        new: Option<&str>,
        findings: Findings<'_>,
    ) {
        if self.prose {
            findings.extend(
                prose(what, old, new).map(|found| spot.finding(found.class, found.message, &found.detail)),
            );
        }
    }

    pub(super) fn schema_at(
        &mut self,
        spot: &Spot<'_>,
        old: &Node<'a>,
        new: &Node<'a>,
        findings: Findings<'_>,
    ) -> Result<(), Error> {
        findings.extend(
            self.schemas(spot.side(), old, new)?
                .iter()
                .map(|found| spot.below(found)),
        );
        Ok(())
    }
}

fn servers(title: &str, old: &Operation<'_>, new: &Operation<'_>, findings: Findings<'_>) {
    let spot = Spot::new(title, "servers", Side::Request);
    for url in old.servers.difference(&new.servers) {
        findings.push(spot.finding(Class::Breaking, format!("server {} removed", code(url)), ""));
    }
    for url in new.servers.difference(&old.servers) {
        findings.push(spot.finding(Class::Additive, format!("server {} added", code(url)), ""));
    }
}

/// No `security` at all allows everything, and so does an empty requirement; each further way allows more.
fn authentication(title: &str, old: &Operation<'_>, new: &Operation<'_>, findings: Findings<'_>) {
    let spot = Spot::new(title, "authentication", Side::Request);
    for way in old.security.difference(&new.security) {
        let class = if new.security.is_empty() {
            Class::Additive
        } else {
            Class::Breaking
        };
        findings.push(spot.finding(class, format!("{} no longer listed", code(way)), ""));
    }
    for way in new.security.difference(&old.security) {
        let class = if old.security.is_empty() {
            Class::Breaking
        } else {
            Class::Additive
        };
        findings.push(spot.finding(class, format!("{} listed", code(way)), ""));
    }
}

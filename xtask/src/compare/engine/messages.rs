//! Bodies and answers on both sides.
use std::collections::BTreeSet;

use super::super::error::Error;
use super::super::model::{Content, Operation, Response};
use super::super::render::code;
use super::super::report::Class;
use super::found::{Side, Spot};
use super::operation::Findings;
use super::walk::Walk;

impl<'a> Walk<'a> {
    pub(super) fn bodies(
        &mut self,
        title: &str,
        old: &Operation<'a>,
        new: &Operation<'a>,
        findings: Findings<'_>,
    ) -> Result<(), Error> {
        let spot = Spot::body(title, "request body", Side::Request);
        match (&old.body, &new.body) {
            (None, None) => Ok(()),
            (Some(_), None) => {
                findings.push(spot.finding(Class::Breaking, "request body removed".to_owned(), title));
                Ok(())
            }
            (None, Some(body)) => {
                let (class, need) = if body.required {
                    (Class::Breaking, "required")
                } else {
                    (Class::Additive, "optional")
                };
                findings.push(spot.finding(class, format!("{need} request body added"), title));
                Ok(())
            }
            (Some(from), Some(to)) => {
                match (from.required, to.required) {
                    (false, true) => {
                        findings.push(spot.finding(Class::Breaking, "now required".to_owned(), ""));
                    }
                    (true, false) => {
                        findings.push(spot.finding(Class::Additive, "no longer required".to_owned(), ""));
                    }
                    _ => {}
                }
                let texts = (from.description.as_deref(), to.description.as_deref());
                self.say_prose(&spot, "description", texts.0, texts.1, findings);
                self.content(
                    title,
                    "request body",
                    Side::Request,
                    &from.content,
                    &to.content,
                    findings,
                )
            }
        }
    }
    fn content(
        &mut self,
        title: &str,
        location: &str,
        side: Side,
        old: &Content<'a>,
        new: &Content<'a>,
        findings: Findings<'_>,
    ) -> Result<(), Error> {
        let spot = Spot::body(title, location, side);
        match (old.is_empty(), new.is_empty()) {
            (true, true) => return Ok(()),
            (false, true) => {
                findings.push(spot.finding(Class::Breaking, "body removed".to_owned(), ""));
                return Ok(());
            }
            (true, false) => {
                findings.push(spot.finding(Class::Additive, "body added".to_owned(), ""));
                return Ok(());
            }
            (false, false) => {}
        }
        let gone: Vec<_> = old
            .iter()
            .filter(|(media_type, _)| !new.contains_key(*media_type))
            .collect();
        let come: Vec<_> = new
            .iter()
            .filter(|(media_type, _)| !old.contains_key(*media_type))
            .collect();
        if let ([(from, old)], [(to, new)]) = (gone.as_slice(), come.as_slice()) {
            let message = format!("media type changed from {} to {}", code(from), code(to));
            findings.push(spot.finding(Class::Breaking, message, ""));
            self.schema_at(&spot, old, new, findings)?;
        } else {
            for (media_type, _) in gone {
                let message = format!("media type {} removed", code(media_type));
                findings.push(spot.finding(Class::Breaking, message, ""));
            }
            for (media_type, _) in come {
                let message = format!("media type {} added", code(media_type));
                findings.push(spot.finding(Class::Additive, message, ""));
            }
        }
        let several = old.len().max(new.len()) > 1;
        for (media_type, from) in old {
            if let Some(to) = new.get(media_type) {
                let location = if several {
                    format!("{location} ({media_type})")
                } else {
                    location.to_owned()
                };
                let spot = Spot::body(title, location, side);
                self.schema_at(&spot, from, to, findings)?;
            }
        }
        Ok(())
    }

    pub(super) fn responses(
        &mut self,
        title: &str,
        old: &Operation<'a>,
        new: &Operation<'a>,
        findings: Findings<'_>,
    ) -> Result<(), Error> {
        let only = |these: &Operation<'a>, others: &Operation<'a>| -> Vec<String> {
            these
                .responses
                .keys()
                .filter(|status| !others.responses.contains_key(*status))
                .cloned()
                .collect()
        };
        let (mut gone, mut come) = (only(old, new), only(new, old));
        let one = |statuses: &[String]| {
            let mut successes = statuses.iter().filter(|status| is_success(status));
            successes.next().filter(|_| successes.next().is_none()).cloned()
        };
        if let (Some(from), Some(to)) = (one(&gone), one(&come)) {
            gone.retain(|status| *status != from);
            come.retain(|status| *status != to);
            let spot = Spot::new(title, format!("response {to}"), Side::Response);
            let message = format!("success status changed from {from} to {to}");
            findings.push(spot.finding(Class::Breaking, message, ""));
            if let (Some(from), Some(after)) = (old.responses.get(&from), new.responses.get(&to)) {
                self.response(title, &to, from, after, findings)?;
            }
        }
        for (statuses, verb) in [(gone, "removed"), (come, "added")] {
            for status in statuses {
                // An undocumented success is taken for an error by the generated client, an undocumented error is
                // an error all the same.
                let (class, what) = if is_success(&status) {
                    (Class::Breaking, "success")
                } else {
                    (Class::Additive, "error")
                };
                let what = if status.starts_with(['1', '3']) { "" } else { what };
                let message = format!("{what} status {verb}").trim_start().to_owned();
                let spot = Spot::new(title, format!("response {status}"), Side::Response);
                findings.push(spot.finding(class, message, ""));
            }
        }
        for (status, from) in &old.responses {
            if let Some(to) = new.responses.get(status) {
                self.response(title, status, from, to, findings)?;
            }
        }
        Ok(())
    }

    fn response(
        &mut self,
        title: &str,
        status: &str,
        old: &Response<'a>,
        new: &Response<'a>,
        findings: Findings<'_>,
    ) -> Result<(), Error> {
        let location = format!("response {status}");
        let spot = Spot::new(title, &location, Side::Response).named("response");
        self.say_prose(
            &spot,
            "description",
            old.description.as_deref(),
            new.description.as_deref(),
            findings,
        );
        let names: BTreeSet<&String> = old.headers.keys().chain(new.headers.keys()).collect();
        for name in names {
            let (from, to) = (old.headers.get(name), new.headers.get(name));
            let shown = to.or(from).map_or(name.as_str(), |header| header.name);
            let spot = Spot::new(title, format!("{location} header {shown}"), Side::Response)
                .named(format!("header {name}"));
            match (from, to) {
                (Some(from), Some(to)) => self.parameter(&spot, from, to, findings)?,
                (Some(_), None) => {
                    findings.push(spot.finding(Class::Breaking, "header removed".to_owned(), ""));
                }
                _ => findings.push(spot.finding(Class::Additive, "header added".to_owned(), "")),
            }
        }
        self.content(
            title,
            &format!("{location} body"),
            Side::Response,
            &old.content,
            &new.content,
            findings,
        )
    }
}

/// Redirects are what some operations are for; 304 only answers a condition that the client sets itself.
fn is_success(status: &str) -> bool {
    status.starts_with('2') || (status.starts_with('3') && status != "304")
}

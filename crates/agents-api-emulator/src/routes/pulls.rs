//! The pull requests of a repository, for clients that find a task's by its branch.

use http::{StatusCode, header};
use serde_json::{Value, json};

use super::call::Call;
use super::links::{self, Place};
use super::list_parameters;
use super::path::Route;
use super::query::{One, Query};
use crate::clock::stamp;
use crate::faults::shape::LinkFault;
use crate::response::{Refusal, Reply};
use crate::seeded::mixed;
use crate::world::World;
use crate::world::list::Filter;
use crate::world::task::{Pull, PullState};

/// Serves the part of `GET /repos/{owner}/{repo}/pulls` that leads from a branch to a number: `head`, `base`, `state`
/// and pages.
pub(crate) fn list(call: &Call<'_>) -> Result<Reply, Refusal> {
    let Route::Pulls(owner, repo) = call.route else {
        return Err(Refusal::not_found());
    };
    let world = &*call.world.lock();
    let repo = world
        .repo_named(owner, repo)
        .filter(|repo| world.sees(call.account, *repo));
    let repo = repo.ok_or_else(Refusal::not_found)?;
    let query = Query::parse(call.query);
    let Filter { page, per_page, .. } = list_parameters::place(&query)?;
    let text = |key| match query.one(key) {
        One::Text(text) => Some(text),
        _ => None,
    };
    // A head is written `owner:branch`; one without an owner filters nothing, as on GitHub. There are no forks here.
    let head = text("head").and_then(|head| head.split_once(':'));
    let own = |login: &str| login.eq_ignore_ascii_case(owner);
    let base = text("base");
    // GitHub takes an unknown state for the default.
    let state = text("state")
        .filter(|state| matches!(*state, "all" | "closed"))
        .unwrap_or("open");
    let fits = |pull: &&Pull| {
        pull.repo == repo
            && head.is_none_or(|(login, branch)| own(login) && *pull.head == *branch)
            && base.is_none_or(|base| *pull.base == *base)
            && (state == "all" || (pull.state == PullState::Open) == (state == "open"))
    };
    let skip = usize::try_from((page - 1).saturating_mul(per_page as u64)).unwrap_or(usize::MAX);
    let mut found = world.pulls().iter().rev().filter(fits).skip(skip);
    let pulls: Vec<Value> = found
        .by_ref()
        .take(per_page)
        .map(|pull| view(world, call.origin, pull))
        .collect();
    let place = Place {
        origin: call.origin,
        path: call.path,
        query: &query,
        page,
        more: found.next().is_some(),
    };
    let links = links::header(&place, &LinkFault::default());
    Ok(Reply::json(StatusCode::OK, &pulls).with(header::LINK, &links))
}

fn view(world: &World, origin: &str, pull: &Pull) -> Value {
    let Some(repo) = world.repo(pull.repo) else {
        return Value::Null;
    };
    let author = world.user(pull.author);
    let (owner, name, number) = (&repo.owner, &repo.name, pull.number);
    let ended = (pull.state != PullState::Open).then(|| stamp(pull.updated));
    let of = json!({
        "id": repo.id,
        "name": name,
        "full_name": format!("{owner}/{name}"),
        "owner": { "id": repo.owner_id, "login": owner },
    });
    json!({
        "id": pull.database_id,
        "node_id": pull.global_id(),
        "number": number,
        "url": format!("{origin}/repos/{owner}/{name}/pulls/{number}"),
        "html_url": format!("https://github.com/{owner}/{name}/pull/{number}"),
        "state": if pull.state == PullState::Open { "open" } else { "closed" },
        "title": pull.title,
        "draft": pull.draft,
        "user": { "id": author.map(|user| user.id), "login": author.map(|user| &user.login) },
        "head": side(owner, &pull.head, &sha(pull.database_id, &pull.head), &of),
        "base": side(owner, &pull.base, &sha(0, &pull.base), &of),
        "created_at": stamp(pull.created),
        "updated_at": stamp(pull.updated),
        "closed_at": ended,
        "merged_at": (pull.state == PullState::Merged).then(|| stamp(pull.updated)),
    })
}

/// One of the two branches of a pull request.
fn side(owner: &str, branch: &str, sha: &str, repo: &Value) -> Value {
    json!({ "ref": branch, "label": format!("{owner}:{branch}"), "sha": sha, "repo": repo })
}

/// A commit that stands for the tip of a branch: forty hexadecimal digits, always the same for the same branch.
fn sha(salt: i64, branch: &str) -> String {
    let seed = branch
        .bytes()
        .fold(salt.unsigned_abs(), |seed, byte| mixed(seed, u64::from(byte)));
    let words = [1, 2, 3].map(|part| format!("{:016x}", mixed(seed, part)));
    words.concat().chars().take(40).collect()
}

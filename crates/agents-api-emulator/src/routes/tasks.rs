//! The five operations.

use http::{HeaderName, StatusCode, header};

use super::links::{self, Bent, Place};
use super::{Call, path::Route};
use crate::answer::{Answer, Refusal};
use crate::auth;
use crate::faults::{self, Effect};
use crate::query::Query;
use crate::world::{Access, Account, Filter, Index, Scope, World};
use crate::{validate, view};

/// Serves a call to one of the five, on a world that has caught up with the clock.
pub(crate) fn serve(call: &Call<'_>, world: &mut World, account: &Account) -> Result<Answer, Refusal> {
    match call.route {
        Route::RepoTasks(owner, repo) if call.operation.is_write() => {
            start(call, world, account, (owner, repo))
        }
        Route::RepoTasks(owner, repo) => {
            let repo = visible_repo(world, account, owner, repo)?;
            read_permitted(call, account)?;
            let query = Query::parse(call.query);
            let filter = validate::filter(&query, true)?;
            Ok(list(call, world, account, Scope::Repo(repo), &filter, &query))
        }
        Route::UserTasks => {
            read_permitted(call, account)?;
            let query = Query::parse(call.query);
            let filter = validate::filter(&query, false)?;
            Ok(list(
                call,
                world,
                account,
                Scope::Creator(account.user),
                &filter,
                &query,
            ))
        }
        Route::RepoTask(owner, repo, id) => {
            let repo = visible_repo(world, account, owner, repo)?;
            read_permitted(call, account)?;
            get(call, world, account, id, Some(repo))
        }
        Route::UserTask(id) => {
            read_permitted(call, account)?;
            get(call, world, account, id, None)
        }
        _ => Err(Refusal::not_found()),
    }
}

fn read_permitted(call: &Call<'_>, account: &Account) -> Result<(), Refusal> {
    auth::permit(account, call.headers, Access::Read)
}

/// What a caller cannot see does not exist for it.
fn visible_repo(world: &World, account: &Account, owner: &str, repo: &str) -> Result<Index, Refusal> {
    let known = world
        .repo_named(owner, repo)
        .filter(|repo| world.sees(account, *repo));
    known.ok_or_else(Refusal::not_found)
}

/// A start documents no 404: a repository that is not visible is refused like one the token may not write to, which
/// tells the caller nothing about whether it exists.
fn start(
    call: &Call<'_>,
    world: &mut World,
    account: &Account,
    (owner, repo): (&str, &str),
) -> Result<Answer, Refusal> {
    auth::permit(account, call.headers, Access::Write)?;
    let repo = visible_repo(world, account, owner, repo);
    let repo = repo.map_err(|_| Refusal::forbidden("Resource not accessible by personal access token"))?;
    let start = validate::start(call.body, &call.settings.models, call.settings.pulls_by_default)?;
    let index = world.start(repo, account.user, start, call.now);
    let body = view::task(world, call.origin, index, false);
    Ok(Answer::json(StatusCode::CREATED, &body).applied())
}

fn get(
    call: &Call<'_>,
    world: &World,
    account: &Account,
    id: &str,
    repo: Option<Index>,
) -> Result<Answer, Refusal> {
    let index = world.task_with_id(id).ok_or_else(Refusal::not_found)?;
    let task = world
        .task(index)
        .filter(|task| repo.is_none_or(|repo| task.repo == repo));
    let seen = task.is_some_and(|task| world.sees(account, task.repo));
    if !seen {
        return Err(Refusal::not_found());
    }
    Ok(Answer::json(
        StatusCode::OK,
        &view::task(world, call.origin, index, true),
    ))
}

fn list(
    call: &Call<'_>,
    world: &mut World,
    account: &Account,
    scope: Scope,
    filter: &Filter,
    query: &Query<'_>,
) -> Answer {
    let found = world.list(account, scope, filter);
    let place = Place {
        origin: call.origin,
        path: call.path,
        query,
        page: filter.page,
        more: found.more,
    };
    let (to_self, origin, forced) = faults::page_links(call.drawn);
    let links = links::header(
        &place,
        &Bent {
            to_self,
            origin,
            forced,
        },
    );
    let answer =
        Answer::json(StatusCode::OK, &view::page(world, call.origin, &found)).with(header::LINK, &links);
    let moving = call.drawn.effects().filter_map(|effect| match effect {
        Effect::MoveItems(count) => Some(*count as usize),
        _ => None,
    });
    world.stir(account, scope, filter, moving.sum(), call.now);
    answer
}

/// The permission an operation needs, as GitHub tells it in a header.
pub(crate) fn accepted_permission(is_write: bool) -> (HeaderName, &'static str) {
    let name = HeaderName::from_static("x-accepted-github-permissions");
    (
        name,
        if is_write {
            "agent_tasks=write"
        } else {
            "agent_tasks=read"
        },
    )
}

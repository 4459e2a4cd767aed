//! The routes of the control API.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use http::{Method, Response, StatusCode};
use serde_json::Value;

use super::reply::{Outcome, created, done, json, ok, read, read_several};
use super::types::{
    Advance, ClockChange, ClockState, FaultState, Health, NewRepository, NewUser, RandomTasks,
    RemainingQuota, SnapshotState, TransitionState, UserState,
};
use super::{Control, events};
use crate::clock::writable;
use crate::faults::Fault;
use crate::life::{Change, Scenario, Script};
use crate::log::RequestRecord;
use crate::model::Index;
use crate::response::ResponseBody;
use crate::routes::view::{self, View};
use crate::world::account::Token;
use crate::world::seed::TaskSeed;

/// Maximum number of snapshots. Each is a copy of the world.
const MAX_SNAPSHOTS: usize = 16;

pub(super) fn health() -> Response<ResponseBody> {
    let health = Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    };
    json(StatusCode::OK, &health)
}

impl Control {
    /// Serves one request; [`world_route`](Self::world_route) has the other half of the routes.
    pub(super) fn route(&self, method: &Method, path: &[&str], query: Option<&str>, body: &Bytes) -> Outcome {
        let app = &*self.app;
        match (method.as_str(), path) {
            #[cfg(feature = "schema")]
            ("GET", ["openapi.json"]) => ok(&super::openapi::document()),
            ("POST", ["reset"]) => {
                app.reset();
                done()
            }
            ("GET", ["snapshots"]) => {
                let ids = self.snapshots().kept.keys().copied().collect::<Vec<_>>();
                ok(&ids.into_iter().map(|id| SnapshotState { id }).collect::<Vec<_>>())
            }
            ("POST", ["snapshots"]) => self.take_snapshot(),
            ("POST", ["snapshots", id, "restore"]) => {
                let snapshot = self.snapshot(id)?;
                app.restore(&snapshot);
                done()
            }
            ("DELETE", ["snapshots", id]) => {
                self.snapshot(id)?;
                self.snapshots().kept.retain(|known, _| known.to_string() != *id);
                done()
            }
            ("GET", ["models"]) => ok(&app.settings().models),
            ("PUT", ["models"]) => {
                let models: Vec<String> = read(body)?;
                app.change_settings(|settings| settings.models = models);
                done()
            }
            ("GET", ["limits"]) => ok(&app.limiter.limits()),
            ("PUT", ["limits"]) => {
                app.limiter.set(read(body)?);
                done()
            }
            ("GET", ["realism"]) => ok(&app.settings().realism),
            ("PUT", ["realism"]) => {
                let realism = read(body)?;
                app.change_settings(|settings| settings.realism = realism);
                done()
            }
            ("GET", ["clock"]) => self.clock(),
            ("PUT", ["clock"]) => self.change_clock(body),
            ("POST", ["clock", "advance"]) => {
                let Advance { seconds } = read(body)?;
                let by = Duration::try_from_secs_f64(seconds).map_err(|_| {
                    let message = format!("`seconds`: {seconds} is not a duration; use a number from 0");
                    (StatusCode::UNPROCESSABLE_ENTITY, message)
                })?;
                app.clock.advance(by);
                self.clock()
            }
            ("GET", ["faults"]) => {
                let faults = app.faults.all().into_iter();
                let faults = faults.map(|(fault, triggered)| FaultState { fault, triggered });
                ok(&faults.collect::<Vec<_>>())
            }
            ("POST", ["faults"]) => {
                let faults: Vec<Fault> = read_several(body)?;
                for fault in faults {
                    app.faults.add(fault);
                }
                done()
            }
            ("DELETE", ["faults"]) => {
                app.faults.clear();
                done()
            }
            ("GET", ["requests"]) => self.requests(query),
            ("DELETE", ["requests"]) => {
                app.log.clear();
                done()
            }
            ("GET", ["requests", "stream"]) => {
                let permit = Arc::clone(&self.streams).try_acquire_owned().map_err(|_| {
                    let message = "requests/stream: too many clients follow the log; close one of them";
                    (StatusCode::SERVICE_UNAVAILABLE, message.to_owned())
                })?;
                Ok(events::stream(app.log.subscribe(), permit))
            }
            _ => self.world_route(method, path, body),
        }
    }

    /// The routes of what is in the world.
    fn world_route(&self, method: &Method, path: &[&str], body: &Bytes) -> Outcome {
        let app = &*self.app;
        match (method.as_str(), path) {
            ("GET", ["tasks"]) => {
                let count = app.world.lock().task_count();
                ok(&self.shown(0..count))
            }
            ("POST", ["tasks"]) => self.seed(body),
            ("POST", ["tasks", "random"]) => {
                let RandomTasks { count } = read(body)?;
                let before = app.world.lock().task_count();
                app.seed_random(count);
                let after = app.world.lock().task_count();
                created(&self.shown(before..after))
            }
            ("GET", ["tasks", id]) => self.show(self.task(id)?),
            ("POST", ["tasks", id, "changes"]) => {
                let index = self.task(id)?;
                let changes: Vec<Change> = read_several(body)?;
                let now = app.clock.millis();
                let mut world = app.world.lock();
                for change in &changes {
                    world.change(index, change, now);
                }
                drop(world);
                self.show(index)
            }
            ("PUT", ["tasks", id, "script"]) => {
                let index = self.task(id)?;
                let script: Script = read(body)?;
                let now = app.clock.millis();
                app.world.lock().run(index, script, now);
                self.show(index)
            }
            ("DELETE", ["tasks", id, "script"]) => {
                let index = self.task(id)?;
                app.world.lock().stop(index);
                self.show(index)
            }
            ("GET", ["transitions"]) => self.transitions(),
            ("POST", ["users"]) => {
                let NewUser { login } = read(body)?;
                let mut world = app.world.lock();
                let index = world.user_named(&login);
                let id = world.user(index).map_or(0, |user| user.id);
                created(&UserState { id, login })
            }
            ("POST", ["repositories"]) => {
                let NewRepository { name } = read(body)?;
                app.world.lock().add_repo(&name.owner, &name.name);
                done()
            }
            ("POST", ["tokens"]) => {
                let token: Token = read(body)?;
                app.world.lock().add_token(&token);
                done()
            }
            ("PUT", ["tokens", "remaining"]) => {
                let quota: RemainingQuota = read(body)?;
                let account = app
                    .world
                    .lock()
                    .account(&quota.secret)
                    .map(|account| account.number);
                let account =
                    account.ok_or_else(|| not_found("token", "add it with POST /_emulator/tokens"))?;
                app.limiter.leave(account, quota.remaining, app.clock.millis());
                done()
            }
            ("GET", ["scripts"]) => ok(&app.world.lock().scripts()),
            ("POST", ["scripts"]) => {
                let scripts: Vec<Script> = read_several(body)?;
                let mut world = app.world.lock();
                for script in scripts {
                    world.add_script(script);
                }
                done()
            }
            ("POST", ["scripts", "next"]) => {
                let scripts: Vec<Script> = read_several(body)?;
                let mut world = app.world.lock();
                for script in scripts {
                    world.queue_script(script);
                }
                done()
            }
            ("PUT", ["scenario"]) => {
                let scenario: Scenario = read(body)?;
                app.world.lock().set_scenario(scenario);
                done()
            }
            _ => Err(unknown(method, path)),
        }
    }

    fn snapshots(&self) -> std::sync::MutexGuard<'_, super::Snapshots> {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_snapshot(&self) -> Outcome {
        let mut snapshots = self.snapshots();
        if snapshots.kept.len() >= MAX_SNAPSHOTS {
            let message = format!("snapshot: {MAX_SNAPSHOTS} are kept already; delete one of them");
            return Err((StatusCode::CONFLICT, message));
        }
        snapshots.last_id += 1;
        let id = snapshots.last_id;
        snapshots.kept.insert(id, Arc::new(self.app.snapshot()));
        created(&SnapshotState { id })
    }

    fn snapshot(&self, id: &str) -> Result<Arc<super::Snapshot>, (StatusCode, String)> {
        let known = id
            .parse()
            .ok()
            .and_then(|id: u64| self.snapshots().kept.get(&id).cloned());
        known.ok_or_else(|| {
            not_found(
                &format!("snapshot {id:?}"),
                "list them with GET /_emulator/snapshots",
            )
        })
    }

    fn task(&self, id: &str) -> Result<Index, (StatusCode, String)> {
        let index = self.app.world.lock().task_with_id(id);
        index.ok_or_else(|| not_found(&format!("task {id:?}"), "list them with GET /_emulator/tasks"))
    }

    fn shown(&self, tasks: impl Iterator<Item = Index>) -> Vec<Value> {
        let settings = self.app.settings();
        let view = View {
            origin: &format!("http://{}", settings.local),
            empty_global_ids: settings.realism.empty_global_ids,
        };
        let world = self.app.world.lock();
        tasks
            .map(|index| serde_json::to_value(view::task(&world, view, index, true)).unwrap_or_default())
            .collect()
    }

    fn show(&self, index: Index) -> Outcome {
        ok(&self.shown(std::iter::once(index)).pop())
    }

    fn seed(&self, body: &Bytes) -> Outcome {
        let seeds: Vec<TaskSeed> = read_several(body)?;
        let mut tasks = Vec::new();
        for (position, seed) in seeds.into_iter().enumerate() {
            let index = self.app.seed(seed).map_err(|error| {
                let message = format!("entry {position}: {error}; the {position} before it were added");
                (StatusCode::UNPROCESSABLE_ENTITY, message)
            })?;
            tasks.push(index);
        }
        created(&self.shown(tasks.into_iter()))
    }

    fn transitions(&self) -> Outcome {
        let world = self.app.world.lock();
        let transitions = world.transitions().iter().filter_map(|record| {
            Some(TransitionState {
                at: DateTime::from_timestamp_millis(record.at)?,
                task_id: world.task(record.task)?.id.to_string(),
                from: record.from,
                to: record.to,
            })
        });
        ok(&transitions.collect::<Vec<_>>())
    }

    fn clock(&self) -> Outcome {
        let clock = &self.app.clock;
        ok(&ClockState {
            now: clock.now(),
            speed: clock.speed(),
        })
    }

    fn change_clock(&self, body: &Bytes) -> Outcome {
        let change: ClockChange = read(body)?;
        let clock = &self.app.clock;
        let invalid = |message: String| (StatusCode::UNPROCESSABLE_ENTITY, message);
        if let Some(speed) = change.speed.filter(|speed| *speed < 0.0) {
            return Err(invalid(format!(
                "`speed`: {speed} is negative; use a number from 0"
            )));
        }
        if let Some(now) = change.now {
            let ahead = writable(now) - clock.millis();
            let ahead = u64::try_from(ahead).map_err(|_| {
                let current = clock.now();
                invalid(format!(
                    "`now`: {now} is before the current time {current}; restore a snapshot or reset to go back"
                ))
            })?;
            clock.advance(Duration::from_millis(ahead));
        }
        if let Some(speed) = change.speed {
            clock.set_speed(speed);
        }
        self.clock()
    }

    /// The log, filtered by equal values of `operation`, `status`, `method` and `user`, and by `after`, a number.
    fn requests(&self, query: Option<&str>) -> Outcome {
        let mut records = self.app.log.all();
        for (name, value) in query
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split_once('='))
        {
            let keep: Box<dyn Fn(&RequestRecord) -> bool> = match name {
                "operation" => {
                    Box::new(|record| record.operation.is_some_and(|known| known.as_str() == value))
                }
                "status" => {
                    Box::new(|record| record.status.is_some_and(|status| status.to_string() == value))
                }
                "method" => Box::new(|record| record.method == value),
                "user" => Box::new(|record| record.user.as_deref() == Some(value)),
                "after" => {
                    let after: u64 = value.parse().map_err(|_| {
                        let message =
                            format!("`after`: {value:?} is not a number; use the number of a request");
                        (StatusCode::UNPROCESSABLE_ENTITY, message)
                    })?;
                    Box::new(move |record| record.number > after)
                }
                _ => {
                    let message =
                        format!("`{name}`: not a filter; use operation, status, method, user or after");
                    return Err((StatusCode::UNPROCESSABLE_ENTITY, message));
                }
            };
            records.retain(|record| keep(record));
        }
        let records: Vec<&RequestRecord> = records.iter().map(|record| &**record).collect();
        ok(&records)
    }
}

fn unknown(method: &Method, path: &[&str]) -> (StatusCode, String) {
    let what = format!("{method} /_emulator/{}", path.join("/"));
    not_found(&what, "see /_emulator/openapi.json")
}

fn not_found(what: &str, remedy: &str) -> (StatusCode, String) {
    (StatusCode::NOT_FOUND, format!("{what}: not found; {remedy}"))
}

//! What was read, by kind, and whether any of it stands in the file twice.

use std::collections::HashSet;

use serde::de::DeserializeOwned;

use crate::{
    inventory::{
        Cluster, Daemon, DaemonRevision, DaemonTaskDefinition, Gap, Identified, Image, Inventory, Manifest,
        PullThroughCacheRule, Reference, Registry, Repository, Seen, Service, ServiceDeployment, ServiceRevision, Task,
        TaskDefinition, TaskSet,
    },
    model::{Location, check_name},
};

/// The objects of one kind in the order of their lines.
pub(super) struct Column<T> {
    objects: Vec<Seen<T>>,
    /// Where lines of the kind follow each other: the first object of each run, and its line.
    runs: Vec<(usize, usize)>,
    /// Whether each object comes after the one before in the order of inventories, so that none can be there twice.
    is_ordered: bool,
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self { objects: Vec::new(), runs: Vec::new(), is_ordered: true }
    }
}

/// An object that was there before, and the line where it is again.
pub(super) struct Twice {
    /// Counted from the first object of the file.
    pub(super) line: usize,
    pub(super) name: String,
}

impl<T: Identified> Column<T> {
    fn push(&mut self, line: usize, seen: Seen<T>) {
        self.is_ordered &=
            seen.is_named_by_place() && self.objects.last().is_none_or(|last| last.place() < seen.place());
        self.note_run(line);
        self.objects.push(seen);
    }

    /// Adds what follows, whose lines are counted from `first_line`.
    fn append(&mut self, mut more: Self, first_line: usize) {
        let seam = self.objects.last().zip(more.objects.first());
        self.is_ordered &= more.is_ordered && seam.is_none_or(|(last, next)| last.place() < next.place());
        let before = self.objects.len();
        self.runs.extend(more.runs.into_iter().map(|(object, line)| (before + object, first_line + line)));
        self.objects.append(&mut more.objects);
    }

    fn note_run(&mut self, line: usize) {
        let here = self.objects.len();
        let follows = self.runs.last().is_some_and(|(object, first)| first + (here - object) == line);
        if !follows {
            self.runs.push((here, line));
        }
    }

    fn line_of(&self, object: usize) -> usize {
        let run = self.runs.partition_point(|(first, _)| *first <= object);
        run.checked_sub(1).and_then(|run| self.runs.get(run)).map_or(0, |(first, line)| line + (object - first))
    }

    /// The first object by line that was there before.
    fn first_twice(&self) -> Option<Twice> {
        if self.is_ordered {
            return None;
        }
        let mut known = HashSet::with_capacity(self.objects.len());
        let again = self.objects.iter().position(|seen| !known.insert(seen.sole_name()))?;
        Some(Twice { line: self.line_of(again), name: self.objects.get(again)?.title() })
    }
}

/// Defines the columns, and which word of the format fills which.
macro_rules! columns {
    ($($column:ident: $object:ident;)*) => {
        /// Where an object belongs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Shelf {
            $(
                #[doc = concat!("A [`", stringify!($object), "`].")]
                $object,
            )*
        }

        impl Shelf {
            /// The place of a kind; none for what has no name of its own, and for kinds that this build does not know.
            pub(super) fn of(kind: &str) -> Option<Self> {
                $(if kind == $object::KIND { return Some(Self::$object); })*
                None
            }
        }

        /// Everything that was read.
        #[derive(Default)]
        pub(super) struct Columns {
            $($column: Column<$object>,)*
            pub(super) references: Vec<Seen<Reference>>,
            pub(super) gaps: Vec<Gap>,
        }

        impl Columns {
            /// Reads an object and puts it where it belongs.
            pub(super) fn add(
                &mut self,
                shelf: Shelf,
                line: usize,
                location: &Location,
                value: &str,
            ) -> Result<(), serde_json::Error> {
                match shelf {
                    $(Shelf::$object => self.$column.push(line, seen(location, value)?),)*
                }
                Ok(())
            }

            /// Adds what follows, whose lines are counted from `first_line`.
            pub(super) fn append(&mut self, mut more: Self, first_line: usize) {
                $(self.$column.append(more.$column, first_line);)*
                self.references.append(&mut more.references);
                self.gaps.append(&mut more.gaps);
            }

            /// The first object by line that was there before.
            pub(super) fn first_twice(&self) -> Option<Twice> {
                let found = [$(self.$column.first_twice(),)*];
                found.into_iter().flatten().min_by_key(|twice| twice.line)
            }

            /// Moves everything into an inventory.
            pub(super) fn into_inventory(self, inventory: Inventory) -> Inventory {
                Inventory {
                    $($column: self.$column.objects,)*
                    references: self.references,
                    gaps: self.gaps,
                    ..inventory
                }
            }
        }
    };
}

columns! {
    clusters: Cluster;
    services: Service;
    task_sets: TaskSet;
    tasks: Task;
    task_definitions: TaskDefinition;
    service_deployments: ServiceDeployment;
    service_revisions: ServiceRevision;
    daemons: Daemon;
    daemon_revisions: DaemonRevision;
    daemon_task_definitions: DaemonTaskDefinition;
    registries: Registry;
    pull_through_cache_rules: PullThroughCacheRule;
    repositories: Repository;
    images: Image;
    manifests: Manifest;
}

fn seen<T: Identified + DeserializeOwned>(location: &Location, value: &str) -> Result<Seen<T>, serde_json::Error> {
    let object: T = serde_json::from_str(value)?;
    // In JSON a control character needs a backslash.
    if value.contains('\\') {
        check_name(object.identity().0).map_err(serde::de::Error::custom)?;
    }
    Ok(Seen::new(location.clone(), object))
}

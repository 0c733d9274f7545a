# What may go, and when. Nothing that anything in use still needs is ever removed, whatever these rules say.

settings {
  rollback_window = "24h" # what lost its last user only now stays at least this long
}

account "demo" {
  id        = "000000000000"
  regions   = ["eu-central-1"]
  simulated = "world.ndjson" # leave this line out and it is a real account
}

retention "service" "abandoned" {
  match { cluster = ["*"] }
  delete { idle_for = "60d" } # no task wanted, running or starting all that time
}

retention "task_set" "superseded" {
  match { cluster = ["*"] }
  keep { newest = 1 }
  delete {
    older_than = "24h"
    scale_down = true # to zero, and wait, before deleting; never the PRIMARY one
  }
}

retention "task_definition" "default" {
  match { family = ["*"] }
  keep {
    newest     = 3 # ACTIVE revisions of each family
    newer_than = "14d"
  }
  deregister { unused_for = "90d" } # ACTIVE becomes INACTIVE: nothing new starts from it
  delete { inactive_for = "90d" }
}

retention "image" "default" {
  match { repository = ["*"] } # of those that carry the tag jettison=enabled; legacy/cron does not
  keep {
    newest        = 5
    tags          = ["stable", "release-*"]
    pushed_within = "14d"
    pulled_within = "30d"
  }
  delete { unused_for = "90d" }
}

protect "image" "incident" {
  reason = "evidence for the review of incident 4711"
  match {
    repository = ["team/web"]
    tags       = ["incident-*"]
    untagged   = false # patterns pick among tagged images; untagged ones are meant as well unless this says no
  }
}

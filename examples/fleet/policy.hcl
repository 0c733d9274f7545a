# What may go from a large fleet: `cargo run --release --example generate_fleet` makes its inventory, of any size.

settings {
  rollback_window = "72h"
}

account "tools" { # builds here, and has the registries
  id      = "000000000000"
  regions = ["eu-central-1", "us-east-1"]
}

account "prod" {
  id      = "111111111111"
  regions = ["eu-central-1", "us-east-1"]
}

protect "image" "base" {
  reason = "everybody builds on them"
  match { repository = ["base/*"] }
}

retention "service" "at-rest" {
  match { cluster = ["*"] }
  delete { idle_for = "180d" }
}

retention "task_set" "left-behind" {
  match { cluster = ["*"] }
  keep { newest = 2 }
  delete {
    older_than = "30d"
    scale_down = true
  }
}

retention "task_definition" "default" {
  match { family = ["*"] }
  keep {
    newest     = 5
    newer_than = "14d"
  }
  deregister { unused_for = "180d" }
  delete { inactive_for = "90d" }
}

retention "image" "default" {
  match { repository = ["team-*"] }
  keep {
    newest        = 20
    tags          = ["latest", "release-*"]
    pushed_within = "30d"
    pulled_within = "90d"
  }
  delete { unused_for = "300d" }
}

account "prod" {
}

account {
  id = "000000000000"
}

aggregator "org" {
}

reference "file" "eks" {}

reference "command" "nomad" {}

reference "file" {
  path = "in-use/eks.json"
}

waive "daemons" {}

protect "image" "golden" {
}

retention "image" "no-match" {
  delete { unused_for = "90d" }
}

retention "service" "empty-match" {
  match {}
  delete {}
}

retention "task_set" "empty" {
  match { cluster = "*" }
  keep {}
  delete { scale_down = true }
}

retention "task_definition" "empty" {
  match { family = "*" }
  deregister { last_revision_unused_for = "365d" }
  delete {}
}

retention "image" {
  match { repository = "*" }
}

retention "image" "too" "many" {
  match { repository = "*" }
}

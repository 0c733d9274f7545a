account "demo" {
  id      = "000000000000"
  regions = ["eu-central-1"]
}

retention "service" "all" {
  match { cluster = ["*"] }
  delete { idle_for = "0s" }
}

retention "task_set" "all" {
  match { cluster = ["*"] }
  keep { newest = 1 }
  delete {
    older_than = "1h"
    scale_down = true
  }
}

retention "task_definition" "all" {
  match { family = ["*"] }
  keep { newest = 1 }
  deregister {
    unused_for               = "1h"
    last_revision_unused_for = "1d"
  }
  delete { inactive_for = "0s" }
}

retention "image" "all" {
  match { repository = ["*"] }
  keep { newest = 1 }
  delete { unused_for = "1h" }
}

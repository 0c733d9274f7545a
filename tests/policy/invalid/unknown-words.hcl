# Every block with a word that it does not have: the answers list the whole language.
retantion "image" "x" {}

bogus = 1

settings {
  rollback_windw = "24h"
}

state "local" {
  pth = "state"
}

account "prod" {
  id      = "111111111111"
  regions = ["eu-central-1"]
  region  = "us-east-1"
}

aggregator "org" {
  account       = "prod"
  region        = "eu-central-1"
  name          = "org-aggregator"
  max_stalenes  = "24h"
}

reference "file" "eks" {
  path   = "in-use/eks.json"
  format = "json"
}

reference "command" "nomad" {
  program = ["./in-use.sh"]
  args    = ["--all"]
}

waive "daemons" {
  reason = "no managed instances here"
  until  = "2027-01-01"
}

protect "service" "a" {
  reason = "live"
  owner  = "team-a"
  match { clusters = ["prod"] }
}

protect "task_set" "a" {
  reason = "live"
  match { famly = "x" }
}

retention "service" "a" {
  match { cluster = ["dev-*"] }
  delete { idlefor = "30d" }
  keep { newest = 1 }
}

retention "task_set" "a" {
  match { cluster = ["dev-*"] }
  keep { oldest = 1 }
  delete {
    older_than = "24h"
    scaledown  = true
  }
}

retention "task_definition" "a" {
  match { familly = ["*"] }
  keep { newer = "7d" }
  deregister {
    unused_for = "180d"
    last_revision = "365d"
  }
  delete { unused_for = "90d" }
}

retention "image" "a" {
  match { repositories = ["team/*"] }
  keep { last = 10 }
  delete { unusedfor = "90d" }
  deletee { unused_for = "90d" }
}

# Every block and attribute that this build reads.
settings {
  required_version = ">= 0.1"
  rollback_window  = "24h"
  opt_in_tag       = { key = "jettison", value = "enabled" }
  protect_tag      = "jettison:protect"
  evidence         = "inferred"
  verify_within    = "60s"
  plan_expiry      = "72h"
}

state "local" { path = "state" }

account "prod" {
  id          = "111111111111"
  regions     = ["eu-central-1", "us-east-1"]
  role_arn    = "arn:aws:iam::111111111111:role/jettison"
  external_id = "jettison"
  profile     = "ops"
  quota_share = 0.5
}
account "demo" {
  id        = "000000000000"
  regions   = ["eu-central-1"]
  simulated = "world.ndjson"
}

aggregator "org" {
  account       = "prod"
  region        = "us-east-1"
  name          = "org-aggregator"
  max_staleness = "36h"
}

reference "file" "eks" { path = "in-use/eks.json" }
reference "command" "nomad" {
  program = ["./in-use.sh", "--all", ""]
  timeout = "90s"
}

waive "daemons" { reason = "no managed instances here" }
waive "batch" {
  reason = <<-END
    Job definitions are made by the nightly run,
    which names digests.
  END
}

protect "image" "golden" {
  reason = "base images"
  match { repository = ["base/*"] }
}
protect "image" "scratch" {
  reason = "both kinds of leftovers are looked into"
  match {
    repository = "scratch/*"
    tags       = "pr-*"
    untagged   = true
  }
}
protect "service" "live" {
  reason = "tagged as live"
  match { tags = { live = "true", team = ["web-*", "!web-lab"] } }
}
protect "task_set" "live" {
  reason = "two Regions of one account"
  match {
    account = "prod"
    region  = ["us-*", "eu-central-1"]
    cluster = "live"
    service = "shop"
  }
}
protect "task_definition" "audited" {
  reason = "the auditors asked"
  match {
    family    = "ledger"
    revisions = "1624..1854"
  }
}

retention "service" "abandoned" {
  match { cluster = ["dev-*"] }
  delete { idle_for = "30d" }
}

retention "task_set" "external" {
  match { cluster = ["*"] }
  keep { newest = 1 }
  delete {
    older_than = "24h"
    scale_down = true
  }
}

retention "task_definition" "default" {
  match { family = ["*"] }
  keep {
    newest     = 5
    newer_than = "7d"
  }
  deregister {
    unused_for               = "180d"
    last_revision_unused_for = "365d"
  }
  delete { inactive_for = "90d" }
}
retention "task_definition" "leaky" {
  match {
    account           = "!demo"
    region            = "*"
    tags              = { env = "dev" }
    plaintext_secrets = true
  }
  deregister { unused_for = "0s" }
  delete { inactive_for = "0s" }
}

retention "image" "services" {
  match { repository = ["team/*"] }
  keep {
    newest        = 10
    tags          = ["latest", "release-*", "!release-*-rc*"]
    pushed_within = "14d"
    pulled_within = "30d"
  }
  archive { unused_for = "30d" }
  delete { unused_for = "90d" }
}
retention "image" "leftovers" {
  match {
    repository = "team/*"
    tags       = "pr-*"
    untagged   = false
  }
  delete { unused_for = true ? "1d 12h" : "7d" }
}

budget {
  max_actions = 2000
  service { max_count = 5 }
  task_set { min_survivors = 1 }
  task_definition {
    max_percent = 50
    account { max_count = 10000 }
  }
  image {
    max_count     = 1500
    max_percent   = 30
    min_survivors = 3
    max_bytes     = "2TiB"
    account {
      max_count     = 500
      max_percent   = 20
      min_survivors = 100
      max_bytes     = "500GB"
    }
  }
}

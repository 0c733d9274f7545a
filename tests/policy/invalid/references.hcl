account "prod" {
  id      = "111111111111"
  regions = ["eu-central-1", "us-east-1"]
}

account "demo" {
  id        = "000000000000"
  regions   = ["eu-central-1"]
  simulated = "world.ndjson"
}

aggregator "org" {
  account       = "prdo"
  region        = "eu-central-1"
  name          = "org-aggregator"
  max_staleness = "0s"
}

aggregator "org" {
  account = "prod"
  region  = "us-east-2"
  name    = ""
}

reference "fiel" "eks" { path = "in-use/eks.json" }

reference "file" "nomad" { path = "in-use/nomad.json" }

reference "command" "nomad" {
  program = "./in-use.sh --all"
  timeout = "0s"
}

reference "command" "nobody" { program = [] }

reference "command" "blank" { program = [""] }

reference "command" "numbers" { program = ["./in-use.sh", 7] }

reference "file" "with space" { path = 7 }

waive "config" { reason = "no aggregator" }
waive "replications" { reason = "none" }
waive "pull_through_cache" { reason = "none" }

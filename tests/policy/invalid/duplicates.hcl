settings {}
settings {}

state "local" {}
state "local" {}

account "prod" {
  id      = "111111111111"
  regions = ["eu-central-1"]
}
account "prod" {
  id      = "222222222222"
  regions = ["eu-central-1"]
}

waive "daemons" { reason = "none here" }
waive "daemons" { reason = "none there" }

protect "image" "golden" {
  reason = "base images"
  match { repository = "base/*" }
}
protect "image" "golden" {
  reason = "base images"
  match { repository = "base/*" }
}

retention "image" "services" {
  match { repository = "a/*" }
  match { repository = "b/*" }
  delete { unused_for = "90d" }
}
retention "image" "services" {
  match { repository = "team/*" }
  delete { unused_for = "90d" }
}

settings {
  required_version = ">= 0.1, latest"
  rollback_window  = "1 day"
  opt_in_tag       = { key = "jettison", vlaue = "enabled" }
  protect_tag      = 7
  evidence         = "observd"
  verify_within    = "0s"
  plan_expiry      = 72
}

account "prod" {
  id          = 111111111111
  regions     = []
  role_arn    = "jettison"
  quota_share = 1.5
}

account "uat" {
  id          = "22222222222"
  regions     = ["eu-central-1a", "frankfurt", "us-east-1", "us-east-1", 1]
  quota_share = "half"
}

account "bad name" {
  id      = "000000000000"
  regions = "eu-central-1"
}

protect "image" "golden" {
  reason = ""
  match { repository = [] }
}

retention "task_definition" "default" {
  match {
    family            = ["ok", "a[", 5, "!*"]
    tags              = { team = "web-*", tier = [true] }
    revisions         = "1854..1624"
    plaintext_secrets = "true"
  }
  keep {
    newest     = "5"
    newer_than = "3 months"
  }
  deregister {
    unused_for               = "180d"
    last_revision_unused_for = "90d"
  }
  delete { inactive_for = null }
}

retention "task_set" "numbers" {
  match { cluster = "*" }
  keep { newest = -1 }
  delete {
    older_than = "-1d"
    scale_down = yes
  }
}

retention "task_definition" "numbers" {
  match { revisions = "0..5" }
  keep { newest = 1.5 }
}

retention "task_definition" "more" {
  match { revisions = 5 }
  keep { newest = 4294967296 }
  delete { inactive_for = soon }
}

protect "service" "tags" {
  reason = "live"
  match {
    tags    = { team = "a", "team" = "b", 5 = "c" }
    cluster = 1 < "a"
    service = {}
  }
}

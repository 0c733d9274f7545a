account "prod" {
  id      = "111111111111"
  regions = ["eu-central-1"]
}

retention "image" "deleted-first" {
  match { repository = "team/*" }
  delete { unused_for = "30d" }
  archive { unused_for = "90d" }
}
retention "image" "together" {
  match { repository = "team/*" }
  archive { unused_for = "2w" }
  delete { unused_for = "14d" }
}
retention "image" "misspelt" {
  match { repository = "team/*" }
  archive { unusedfor = "2w" }
}
retention "image" "widened" {
  match {
    repository = "team/*"
    tags       = "pr-*"
    untagged   = true
  }
  delete { unused_for = "14d" }
}
retention "task_definition" "no-such-thing" {
  match { family = "*" }
  archive { unused_for = "14d" }
}

account "prod" {
  id      = "111111111111"
  regions = ["eu-central-1"]
}

waive "services" { reason = "no" }
waive "lamda" { reason = "no functions here" }

retention "images" "a" {
  match { repository = "*" }
}

retention "taskset" "a" {
  match { cluster = "*" }
}

protect "repository" "a" {
  reason = "live"
}

retention "service" "b" {
  match = { cluster = "*" }
  delete { idle_for = "30d" }
}

retention "image" "b" {
  match {
    repository = "*"
    tags { name = "latest" }
  }
  keep "forever" { newest = 5 }
  delete = "90d"
}

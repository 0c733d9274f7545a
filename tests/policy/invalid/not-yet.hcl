variable "rollback" { default = "24h" }
locals { workloads = ["prod"] }

account "prod" {
  id      = "111111111111"
  regions = var.regions
}

state "s3" {
  bucket = "acme-jettison"
}

retention "image" "services" {
  match { repository = ["${local.team}/*", local.workloads[0], "a"] }
  delete { unused_for = days(90) }
  keep { newest = 2 * 5 }
}

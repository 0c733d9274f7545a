account "prod" {
  id      = "111111111111"
  regions = ["eu-central-1"]
}

retention "image" "services" {
  match { repository = ["team/*"]
  delete { unused_for = "90d" }
}

retention "image" "services" {
  match { repository = ["team/*"] }
  delete { unused_for = "90d" }
}

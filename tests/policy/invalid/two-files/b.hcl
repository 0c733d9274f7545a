retention "image" "services" {
  match {
    account    = "uat"
    repository = ["base/*"]
  }
  delete { unused = "90d" }
}

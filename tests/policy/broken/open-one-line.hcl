retention "image" "a" {
  match { repository = ["a"]
  delete { unused_for = "90d" }
}

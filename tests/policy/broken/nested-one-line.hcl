protect "image" "a" { match { repository = "*" } }

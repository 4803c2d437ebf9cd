// Run once by the image, before there is anything in the database: the accounts of users.js with the passwords of
// docker-compose.yml, and that of the exporter.
const fs = require("fs")
const password = (name) => fs.readFileSync(`/run/secrets/mongo-${name}-password`, "utf8").trim()

for (const name of ["aggregator", "notifier", "operator"]) {
  process.env[`LAJU_MONGO_PASSWORD_${name.toUpperCase()}`] = password(name)
}
load("/etc/laju/users.js")

// How the server is, and nothing of what is in it.
db.getSiblingDB("admin").createUser({ user: "exporter", pwd: password("exporter"), roles: ["clusterMonitor"] })

// Run once by the image, before there is anything in the database: the users of the services and of the exporter.
const fs = require("fs")
const password = (name) => fs.readFileSync(`/run/secrets/mongo-${name}-password`, "utf8").trim()
const admin = db.getSiblingDB("admin")

// Each projection has a database of its own, laju_p1, laju_p2 and so on, and a role cannot name them by their beginning.
// The second role is for dropping one that is not needed any more.
admin.createUser({
  user: "aggregator",
  pwd: password("aggregator"),
  roles: ["readWriteAnyDatabase", "dbAdminAnyDatabase"],
})
admin.createUser({
  user: "notifier",
  pwd: password("notifier"),
  roles: [{ role: "readWrite", db: "laju_notifier" }],
})
// How the server is, and nothing of what is in it.
admin.createUser({ user: "exporter", pwd: password("exporter"), roles: ["clusterMonitor"] })

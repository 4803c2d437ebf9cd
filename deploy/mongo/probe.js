// Whether this member of the replica set is of use: it takes writes, or follows the one that does. Transactions need a
// replica set, so the first probe of the first member, which alone is told of all MEMBERS, makes one of them.
const hello = db.hello()
if (!hello.setName && process.env.MEMBERS) {
  const password = require("fs").readFileSync("/run/secrets/mongo-root-password", "utf8").trim()
  db.getSiblingDB("admin").auth("root", password)
  rs.initiate({ _id: "rs0", members: process.env.MEMBERS.split(",").map((host, number) => ({ _id: number, host })) })
}
quit(hello.isWritablePrimary || hello.secondary ? 0 : 1)

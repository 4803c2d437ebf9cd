// Gives each service, and the operator's commands, an account of MongoDB with the rights of roles.json. As administrator:
//
//   mongosh "mongodb://admin@mongo-1,mongo-2,mongo-3/admin?replicaSet=rs0&tls=true" deploy/mongo/users.js
//
// It asks for each password, unless LAJU_MONGO_PASSWORD_AGGREGATOR and so on have them. Repeating it brings roles up to
// date and sets passwords anew. Each rebuild has a database of its own, laju_p1, laju_p2 …: there are rights on as many
// as LAJU_MONGO_PROJECTIONS says.
const fs = require("fs");
const path = require("path");

const PROJECTIONS = Number(process.env.LAJU_MONGO_PROJECTIONS || 20);
const roles = JSON.parse(fs.readFileSync(path.join(__dirname, "roles.json"), "utf8"));
const admin = db.getSiblingDB("admin");

function databases(name) {
  if (!name.endsWith("*")) return [name];
  return Array.from({ length: PROJECTIONS }, (_, index) => name.slice(0, -1) + (index + 1));
}

for (const [name, grants] of Object.entries(roles)) {
  const privileges = grants.flatMap(({ cluster, db, collections, actions }) =>
    cluster
      ? [{ resource: { cluster }, actions }]
      : databases(db).flatMap((database) =>
          collections.map((collection) => ({ resource: { db: database, collection }, actions })),
        ),
  );
  const role = `laju_${name}`;
  if (admin.getRole(role)) admin.updateRole(role, { privileges, roles: [] });
  else admin.createRole({ role, privileges, roles: [] });

  let pwd = process.env[`LAJU_MONGO_PASSWORD_${name.toUpperCase()}`];
  if (!pwd) {
    print(`Password of ${role}:`);
    pwd = passwordPrompt();
  }
  if (admin.getUser(role)) admin.updateUser(role, { pwd, roles: [role] });
  else admin.createUser({ user: role, pwd, roles: [role] });
}

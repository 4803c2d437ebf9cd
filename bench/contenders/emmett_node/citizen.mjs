// What is known about one citizen, and what a further fact changes in the counters. Pure.

const BEGINS = { 'ikd.activated.v1': 'ikd', 'perekaman.recorded.v1': 'perekaman' };
const ENDS = { 'ikd.deactivated.v1': 'ikd', 'perekaman.voided.v1': 'perekaman' };
const HOUR = 3_600_000;

// The events about citizens, and the type of the event that the stream of a citizen keeps.
export const TYPES = new Set([...Object.keys(BEGINS), ...Object.keys(ENDS), 'resident.moved.v1']);
export const REPORTED = 'CitizenFactReported';

export const initialState = () => ({ facts: [] });

export const evolve = (state, event) => ({ facts: [...state.facts, event.data.fact] });

export const factOf = ({ id, source, time, type, data }) => ({
  id,
  source,
  time,
  type,
  home: data.home,
  reactivation: data.reactivation ?? false,
});

// The event that a fact leads to: the fact, and what it changes in the counters. None if it is known already.
export const learn = (state, fact) => {
  if (state.facts.some((known) => known.id === fact.id && known.source === fact.source)) return [];
  const sums = contribution([...state.facts, fact]);
  for (const [key, net] of contribution(state.facts)) add(sums, key, -net);
  // Sorted, so that two transactions that touch the same counters never wait for each other in a circle.
  const changes = [...sums]
    .filter(([, net]) => net !== 0)
    .sort(([a], [b]) => byText(a, b))
    .map(([key, net]) => {
      const [programme, region, day] = key.split(' ');
      return { programme, region, day, net };
    });
  return [{ type: REPORTED, data: { fact, changes } }];
};

// What these facts count together, in order of time and identity whatever order they came in.
const contribution = (facts) => {
  const sums = new Map();
  const holds = {};
  let home = '';
  const count = (region, programme, moment, net) =>
    add(sums, `${programme} ${region.slice(0, 5)} ${localDay(moment, region)}`, net);
  for (const fact of inOrder(facts)) {
    if (fact.home !== home && !home.startsWith(`${fact.home}.`)) {
      for (const programme of Object.keys(holds).filter((each) => holds[each])) {
        count(home, programme, fact.moment, -1);
        count(fact.home, programme, fact.moment, +1);
      }
      home = fact.home;
    }
    const begun = BEGINS[fact.type];
    const ended = ENDS[fact.type];
    if (begun && !fact.reactivation) {
      if (!holds[begun]) count(home, begun, fact.moment, +1);
      holds[begun] = true;
    } else if (ended) {
      if (holds[ended] ?? true) count(home, ended, fact.moment, -1);
      holds[ended] = false;
    }
  }
  return sums;
};

const add = (sums, key, net) => sums.set(key, (sums.get(key) ?? 0) + net);

// The simulated times are of whole seconds: Date keeps no microseconds.
const inOrder = (facts) =>
  facts
    .map((fact) => ({ ...fact, moment: Date.parse(fact.time) }))
    .sort((a, b) => a.moment - b.moment || byText(a.id, b.id) || byText(a.source, b.source));

const byText = (a, b) => (a < b ? -1 : Number(a > b));

const localDay = (moment, region) => new Date(moment + hoursEast(region) * HOUR).toISOString().slice(0, 10);

// Indonesia has three zones and no summer time; Kalimantan lies in two of them.
const hoursEast = (region) => {
  if (/^([123]|61|62)/.test(region)) return 7;
  return /^[567]/.test(region) ? 8 : 9;
};

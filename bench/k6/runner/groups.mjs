// The checks of a run, in the tree of groups that `handleSummary` is given as `root_group`.

const identity = (path) => {
  // Any name will do that stays the same from run to run.
  let hash = 0xcbf29ce484222325n;
  for (const letter of Buffer.from(path)) hash = BigInt.asUintN(64, (hash ^ BigInt(letter)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0').repeat(2);
};

const groupAt = (name, path) => ({ name, path, id: identity(path), groups: [], checks: [] });

export class Groups {
  root = groupAt('', '');

  /// The group at `::outer::inner`, made where it is new.
  enter(path) {
    let group = this.root;
    for (const name of path.split('::').slice(1)) {
      const inner = group.groups.find((each) => each.name === name);
      if (!inner) group.groups.push(groupAt(name, `${group.path}::${name}`));
      group = inner ?? group.groups.at(-1);
    }
    return group;
  }

  check(path, name, ok) {
    const { checks, path: whole } = this.enter(path);
    let check = checks.find((each) => each.name === name);
    if (!check) {
      check = { name, path: `${whole}::${name}`, id: identity(`${whole}::${name}`), passes: 0, fails: 0 };
      checks.push(check);
    }
    if (ok) check.passes += 1; else check.fails += 1;
  }
}

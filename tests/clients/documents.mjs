// Documents made at random from a schema: valid ones, and the same with something changed. The same
// seed makes the same documents.

import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from "graphql";

const DEEPEST = 4;

/** Mulberry32: small, and good enough to choose by. */
function randomBy(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Documents {
  constructor(schema, seed) {
    this.schema = schema;
    this.random = randomBy(seed);
    this.names = Object.values(schema.getTypeMap())
      .filter(({ name }) => !name.startsWith("__"))
      .flatMap((type) => [type.name, ...Object.keys(type.getFields?.() ?? {})]);
  }

  /** So many documents, about half of them changed. */
  take(count) {
    return Array.from({ length: count }, () => {
      let text = this.document();
      if (this.chance(0.65)) for (let n = this.below(2); n >= 0; n--) text = this.changed(text);
      return text;
    });
  }

  below(limit) {
    return Math.floor(this.random() * limit);
  }

  chance(probability) {
    return this.random() < probability;
  }

  one(items) {
    return items[this.below(items.length)];
  }

  document() {
    this.variables = new Map();
    this.fragments = [];
    const kind = this.one(["query", "query", "mutation", "subscription"]);
    const root = this.schema.getRootType(kind);
    const body = kind === "subscription" ? this.field(root, 0, "s") : this.selections(root, 0);
    const declared = [...this.variables].map(([name, type]) => `$${name}: ${type}`).join(", ");
    const operation = `${kind} Q${declared && `(${declared})`} { ${body} }`;
    return [operation, ...this.fragments].join(" ");
  }

  selections(type, depth) {
    const several = Array.from({ length: 1 + this.below(3) }, (_, n) => this.selection(type, depth, n));
    return several.join(" ");
  }

  selection(type, depth, n) {
    if (depth < DEEPEST && this.chance(0.12)) {
      const within = this.narrowed(type);
      const body = this.selections(within, depth + 1);
      const condition = within === type && this.chance(0.3) ? "" : ` on ${within.name}`;
      if (this.chance(0.5)) return `...${condition}${this.directive()} { ${body} }`;
      const name = `F${this.fragments.length}${n}${depth}`;
      this.fragments.push(`fragment ${name} on ${within.name} { ${body} }`);
      return `...${name}${this.directive()}`;
    }
    // An alias of its own everywhere, so that what merges does so only after a change.
    return this.field(type, depth, `a${depth}${n}${this.below(1e6)}`);
  }

  /** A type that a fragment on this one may have. */
  narrowed(type) {
    if (isAbstractType(type)) return this.one([type, ...this.schema.getPossibleTypes(type)]);
    return this.one([type, ...type.getInterfaces()]);
  }

  field(type, depth, alias) {
    // A union has none.
    const fields = Object.values(type.getFields?.() ?? {});
    const leaves = fields.filter((field) => !isCompositeType(getNamedType(field.type)));
    if (this.chance(0.05) && alias !== "s") return `${alias}: __typename${this.directive()}`;
    if (fields.length === 0 || (depth >= DEEPEST && leaves.length === 0)) return `${alias}: __typename`;
    const field = this.one(depth >= DEEPEST ? leaves : fields);
    const named = getNamedType(field.type);
    const body = isCompositeType(named) ? ` { ${this.selections(named, depth + 1)} }` : "";
    const directive = alias === "s" ? "" : this.directive();
    return `${alias}: ${field.name}${this.arguments(field.args)}${directive}${body}`;
  }

  arguments(args) {
    const given = args.filter((arg) => isRequiredArgument(arg) || this.chance(0.3));
    if (given.length === 0) return "";
    return `(${given.map((arg) => `${arg.name}: ${this.value(arg.type, 0, arg.defaultValue !== undefined)}`).join(", ")})`;
  }

  directive() {
    if (!this.chance(0.08)) return "";
    const type = this.schema.getDirective("skip").args[0].type;
    return ` @${this.one(["skip", "include"])}(if: ${this.value(type, 0)})`;
  }

  value(type, depth, hasDefault = false) {
    if (this.chance(0.2)) return `$${this.variable(type, hasDefault)}`;
    if (isNonNullType(type)) return this.literal(type.ofType, depth);
    return this.chance(0.1) ? "null" : this.literal(type, depth);
  }

  variable(type, hasDefault) {
    const name = `v${this.variables.size}`;
    const nullable = getNullableType(type);
    // A variable that may be null fits where there is a default; a stricter one fits always.
    if (isNonNullType(type)) this.variables.set(name, hasDefault && this.chance(0.3) ? nullable : type);
    else this.variables.set(name, this.chance(0.3) ? `${nullable}!` : nullable);
    return name;
  }

  literal(type, depth) {
    if (isListType(type)) {
      if (this.chance(0.2)) return this.plain(type.ofType, depth);
      return `[${Array.from({ length: this.below(3) }, () => this.plain(type.ofType, depth)).join(", ")}]`;
    }
    if (isEnumType(type)) return this.one(type.getValues()).name;
    if (isInputObjectType(type)) return this.object(type, depth);
    const literals = {
      Int: ["0", "1", "-7", "2147483647", "-2147483648"],
      Float: ["1", "1.5", "1e3"],
      Boolean: ["true", "false"],
      ID: ['"post_1"', "12", '""'],
    };
    return this.one(literals[type.name] ?? ['"a"', '"\\u{1F600}"', '"""block"""', '"\\n"']);
  }

  plain(type, depth) {
    return this.literal(getNullableType(type), depth);
  }

  object(type, depth) {
    const fields = Object.values(type.getFields());
    const pair = (field) => `${field.name}: ${this.value(field.type, depth + 1, field.defaultValue !== undefined)}`;
    if (type.isOneOf) {
      const field = this.one(fields);
      return `{ ${field.name}: ${this.plain(field.type, depth)} }`;
    }
    const given = fields.filter((field) => isRequiredInputField(field) || (depth < 3 && this.chance(0.4)));
    return `{ ${given.map(pair).join(", ")} }`;
  }

  /** The document with one of its tokens, or a piece of it, changed; it may be valid still. */
  changed(text) {
    const tokens = text.match(/"""[^"]*"""|"(?:\\.|[^"\\])*"|\.\.\.|[$@]?\w+|-?[\d.]+|\S/g);
    const at = this.below(tokens.length);
    const other = this.one(tokens);
    const kinds = [
      () => tokens.splice(at, 1),
      () => tokens.splice(at, 0, other),
      () => tokens.splice(at, 1, other),
      () => this.atName(tokens, () => this.one(this.names)),
      () => this.atName(tokens, (name) => (/^[A-Z]/.test(name) ? `${name}x` : name.toUpperCase())),
      () => this.atValue(tokens),
      () => this.atVariable(tokens),
      () => this.atAlias(tokens),
      () => this.twice(tokens),
      () => tokens.splice(tokens.indexOf("{") + 1, 0, this.one(["...F000", "...on User { id }", "__typename", "... @skip(if: true) { __typename }"])),
      () => tokens.push(this.one(["fragment G on User { id }", "fragment on on User { id }", "query Q { __typename }", "query R { __typename }", "{ __typename }"])),
      () => this.before(tokens, "}", this.one(["@skip", "@unknown", "@skip(if: true) @skip(if: true)", "@include(if: 1)", "@deprecated", "{ id }"])),
    ];
    this.one(kinds)();
    return tokens.join(" ");
  }

  places(tokens, fits) {
    return tokens.flatMap((token, at) => (fits(token, at) ? [at] : []));
  }

  replace(tokens, fits, by) {
    const places = this.places(tokens, fits);
    if (places.length === 0) return;
    const at = this.one(places);
    tokens[at] = by(tokens[at]);
  }

  atName(tokens, by) {
    this.replace(tokens, (token, at) => at > 1 && /^[A-Za-z_]\w*$/.test(token), by);
  }

  atValue(tokens) {
    const values = ["null", "1", "3000000000", "1.5", '"NEWEST"', "NEWEST", "true", "[]", "[1, null]", "{}", '"a"', "{ id: \"a\", username: \"b\" }", "$v0", "$none"];
    this.replace(tokens, (_, at) => tokens[at - 1] === ":" && !/^[a-z_]\w*$/.test(tokens[at]), () => this.one(values));
  }

  atVariable(tokens) {
    const types = ["Int", "ID!", "String", "Boolean!", "[ID!]!", "User", "VoteInput!", "Nothing"];
    this.replace(tokens, (_, at) => /^\$/.test(tokens[at - 2] ?? "") && tokens[at - 1] === ":", () => this.one(types));
  }

  /** Two fields by one name, which may or may not be the same. */
  atAlias(tokens) {
    const aliases = this.places(tokens, (token) => /^a\d+$/.test(token));
    if (aliases.length > 1) tokens[this.one(aliases)] = tokens[this.one(aliases)];
  }

  /** Something in braces a second time. */
  twice(tokens) {
    const opening = this.places(tokens, (token) => token === "{");
    const start = this.one(opening);
    let open = 0;
    const end = tokens.findIndex((token, at) => at >= start && (open += (token === "{") - (token === "}")) === 0);
    if (end > start) tokens.splice(start + 1, 0, ...tokens.slice(start + 1, end));
  }

  before(tokens, wanted, piece) {
    const places = this.places(tokens, (token) => token === wanted);
    if (places.length > 0) tokens.splice(this.one(places), 0, piece);
  }
}

// What may be written at a place of a definition, by its JSON Schema. Knows no editor. `names(reference)` gives the names
// that the definition declares (`x-ref: objects`, `x-ref: objects.*.states`).

const DEPTH = 12;

function follow(root, reference) {
  const steps = reference.replace(/^#\//, "").split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return steps.reduce((schema, step) => schema?.[step], root);
}

/** The plain schemas that a schema may mean: references followed, alternatives opened. */
function meanings(root, schema, depth = DEPTH) {
  if (!schema || typeof schema !== "object" || depth === 0) return [];
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? []), ...branches(schema)];
  if (schema.$ref) inner.push(follow(root, schema.$ref));
  return [schema, ...inner.flatMap((one) => meanings(root, one, depth - 1))];
}

const branches = (schema) => [schema.then, schema.else].filter(Boolean);

function step(root, schema, name) {
  return meanings(root, schema).flatMap((one) => {
    if (name === "[]") return [one.items, ...(one.prefixItems ?? [])].filter((item) => item && typeof item === "object");
    if (one.properties?.[name]) return [one.properties[name]];
    const patterns = Object.entries(one.patternProperties ?? {}).filter(([pattern]) => new RegExp(pattern, "u").test(name));
    if (patterns.length) return patterns.map(([, value]) => value);
    return one.additionalProperties && typeof one.additionalProperties === "object" ? [one.additionalProperties] : [];
  });
}

/** The schemas that hold at a path. */
export function at(root, path) {
  return path.reduce((schemas, name) => schemas.flatMap((one) => step(root, one, name)), [root]);
}

const said = (schema) => schema.description ?? schema.title ?? "";

function keyOptions(root, schemas, used) {
  const options = new Map();
  for (const one of schemas.flatMap((schema) => meanings(root, schema))) {
    const required = new Set(one.required ?? []);
    for (const [name, value] of Object.entries(one.properties ?? {})) {
      if (value !== false && !used.includes(name)) {
        options.set(name, { label: name, kind: "property", info: said(value) || said(follow(root, value.$ref ?? "") ?? {}), boost: required.has(name) ? 2 : 1 });
      }
    }
  }
  return [...options.values()];
}

function valueOptions(root, schemas, names) {
  const options = new Map();
  const offer = (value, kind, info) => options.set(String(value), { label: String(value), kind, info, boost: 0 });
  for (const one of schemas.flatMap((schema) => meanings(root, schema))) {
    (one.enum ?? []).forEach((value) => offer(value, "enum", said(one)));
    if (one.const !== undefined) offer(one.const, "enum", said(one));
    if (one.type === "boolean") ["true", "false"].forEach((value) => offer(value, "keyword", said(one)));
    (one.examples ?? []).forEach((value) => typeof value === "string" && offer(value, "text", said(one)));
    if (one["x-ref"]) [one["x-ref"]].flat().forEach((reference) => names(reference).forEach((name) => offer(name, "variable", reference)));
  }
  return [...options.values()];
}

/** What may stand at a place (see outlines.js): [{label, kind, info, boost}], keys it has already left out. */
export function suggest(root, place, names) {
  const schemas = at(root, place.path);
  const values = () => valueOptions(root, schemas, names);
  if (!place.isKey) return values();
  const keys = keyOptions(root, schemas, place.keys);
  return place.path.at(-1) === "[]" && place.keys.length === 0 ? [...keys, ...values()] : keys;
}

/** Names under a path of parsed documents: `objects` the keys there, `objects.*.fields` the keys of each. */
export function declared(documents, reference) {
  const steps = reference.split(".");
  const reach = (values, name) => values.flatMap((value) => {
    if (!value || typeof value !== "object") return [];
    return name === "*" ? Object.values(value) : [value[name]];
  });
  const found = steps.reduce(reach, documents);
  return [...new Set(found.flatMap((value) => (value && typeof value === "object" ? Object.keys(value) : [])))].sort();
}

// Owns the decoding of XML into the objects, arrays and strings that paths read, over npm:saxes: it is
// namespace-aware, ten times as fast as parsers that build trees, and refuses text that is not well-formed.
// Document type declarations are skipped and entities that they define are errors, so no text expands.
//
// An element without attributes and child elements is its text. Any other element is an object: child
// elements by name, an array where a name occurs several times, attributes as "@name", text as "#text".
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from "saxes";
import { Failure } from "../../failure.ts";

/** Characters parsed without a yield: about 5 ms. */
const SLICE_CHARS = 256 * 1024;
/** Deepest nesting of elements; deeper values could not be walked. */
const DEEPEST = 500;

const XML_NAMESPACES: ReadonlySet<string> = new Set([
  "http://www.w3.org/2000/xmlns/",
  "http://www.w3.org/2001/XMLSchema-instance",
]);

/** Namespace URIs by the prefix that paths use for their elements and attributes. */
export type XmlNamespaces = Readonly<Record<string, string>>;

type XmlObject = Record<string, unknown>;

/** An element whose end tag has not been read. */
interface OpenElement {
  readonly name: string;
  readonly uri: string;
  /** As the document writes it, with its prefix. */
  readonly written: string;
  readonly isNil: boolean;
  text: string;
  object: XmlObject | undefined;
  /** The namespace of each child element. */
  readonly uris: Map<string, OpenElement>;
  hasChildren: boolean;
}

/**
 * The value of an XML document: an object with its root element, with a yield after each slice.
 *
 * @throws {Failure} of kind `window` where the text is not well-formed, is cut off, refers to an entity that
 * is not predefined, or has child elements of one name and different namespaces.
 */
export function* decodeXml(
  text: string,
  namespaces: XmlNamespaces = {},
  sliceChars: number = SLICE_CHARS,
): Generator<void, Record<string, unknown>> {
  const document = new XmlDocument(namespaces);
  for (let at = 0; at < text.length; at += sliceChars) {
    document.write(text.slice(at, at + sliceChars));
    yield;
  }
  return document.end();
}

/** Builds the value of a document from the events of the parser. */
class XmlDocument {
  readonly #parser = new SaxesParser({ xmlns: true, position: true });
  readonly #prefixes: ReadonlyMap<string, string>;
  readonly #open: OpenElement[] = [];
  readonly #root: OpenElement = openElement({ name: "", uri: "", written: "", isNil: false });

  constructor(namespaces: XmlNamespaces) {
    this.#prefixes = new Map(Object.entries(namespaces).map(([prefix, uri]) => [uri, prefix]));
    this.#open.push(this.#root);
    this.#parser.on("error", ({ message }) => {
      throw unreadable(`it is not well-formed XML: ${message}`);
    });
    this.#parser.on("opentag", (tag) => this.#begin(tag));
    this.#parser.on("text", (text) => this.#addText(text));
    this.#parser.on("cdata", (text) => this.#addText(text));
    this.#parser.on("closetag", () => this.#finish());
  }

  write(text: string): void {
    this.#parser.write(text);
  }

  end(): XmlObject {
    this.#parser.close();
    return this.#root.object ?? {};
  }

  #begin({ local, uri, name: written, attributes }: SaxesTagNS): void {
    if (this.#open.length > DEEPEST) throw unreadable(`its elements nest deeper than ${DEEPEST}`);
    const parent = this.#open.at(-1)!;
    parent.hasChildren = true;
    const name = this.#nameOf(uri, local);
    const isNil = Object.values(attributes).some((attribute) => isXsiNil(attribute));
    const element = openElement({ name, uri, written, isNil });
    refuseCollision(parent.uris.get(name), element);
    parent.uris.set(name, element);
    for (const attribute of Object.values(attributes)) this.#addAttribute(element, attribute);
    this.#open.push(element);
  }

  #addAttribute(element: OpenElement, attribute: SaxesAttributeNS): void {
    const { prefix, local, uri, value } = attribute;
    if (XML_NAMESPACES.has(uri) || attribute.name === "xmlns") return;
    const object = element.object ??= {};
    const name = `@${this.#nameOf(uri, local)}`;
    // An attribute without a prefix takes precedence: href over xlink:href.
    if (prefix === "" || !Object.hasOwn(object, name)) object[name] = value;
  }

  #nameOf(uri: string, local: string): string {
    const prefix = uri === "" ? undefined : this.#prefixes.get(uri);
    return prefix === undefined ? local : `${prefix}:${local}`;
  }

  #addText(text: string): void {
    this.#open.at(-1)!.text += text;
  }

  #finish(): void {
    const element = this.#open.pop()!;
    add(this.#open.at(-1)!, element.name, valueOf(element));
  }
}

function openElement(
  given: Pick<OpenElement, "name" | "uri" | "written" | "isNil">,
): OpenElement {
  return { ...given, text: "", object: undefined, uris: new Map(), hasChildren: false };
}

function isXsiNil({ uri, local, value }: SaxesAttributeNS): boolean {
  return local === "nil" && XML_NAMESPACES.has(uri) && ["true", "1"].includes(value.trim());
}

function valueOf({ text, object, isNil, hasChildren }: OpenElement): unknown {
  if (isNil) return null;
  if (object === undefined) return text;
  // White space between child elements is layout.
  if (hasChildren ? text.trim() !== "" : text !== "") object["#text"] = text;
  return object;
}

function add(parent: OpenElement, name: string, value: unknown): void {
  if (name === "__proto__") return;
  const object = parent.object ??= {};
  const before = object[name];
  if (!Object.hasOwn(object, name)) object[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else object[name] = [before, value];
}

/** Two elements with the same name in different namespaces would be silently mixed up. */
function refuseCollision(known: OpenElement | undefined, element: OpenElement): void {
  if (known === undefined || known.uri === element.uri) return;
  const [prefixed = element] = [element, known].filter(({ written }) => written.includes(":"));
  const prefix = prefixed.written.split(":")[0] ?? "x";
  throw unreadable(
    `its elements <${known.written}> and <${element.written}> have the same name in different namespaces`,
    `Write "namespaces: { ${prefix}: ${
      JSON.stringify(prefixed.uri)
    } }" in the stream; paths then ` +
      `name the element "${prefix}:${element.name}"`,
  );
}

function unreadable(what: string, hint = "See the response with deno task probe"): Failure {
  return new Failure("window", `Cannot read the response: ${what}`, { hint });
}

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Failure } from "../../../lib/failure.ts";
import { instantOf, parseCivil } from "../../../lib/plan/time/civil.ts";
import { showsTime } from "../../../lib/config/template/placeholder.ts";
import {
  parseTemplate,
  placeholders,
  readTemplate,
  renderJson,
  renderTemplate,
  type RenderValues,
} from "../../../lib/config/template/template.ts";

const day = (text: string) => parseCivil(text) ?? 0;

function values(changes: Partial<RenderValues> = {}): RenderValues {
  const window = { from: day("2025-01-01"), to: day("2025-02-01") };
  return { window, each: {}, params: {}, timeZone: "UTC", ...changes };
}

function render(text: string, changes: Partial<RenderValues> = {}, percentEncode = false) {
  return renderTemplate(parseTemplate(text), values(changes), { percentEncode });
}

Deno.test("renderTemplate() writes the edges of a window in each named format", () => {
  assertEquals(render("{from}..{last}"), "2025-01-01..2025-01-31");
  assertEquals(render("{to|date}"), "2025-02-01");
  assertEquals(render("{before}"), "2024-12-31");
  assertEquals(render("{from|instant}/{to|instant}"), "2025-01-01T00:00:00Z/2025-02-01T00:00:00Z");
  assertEquals(render("{last|instant}"), "2025-01-31T23:59:59Z");
  assertEquals(render("{last|instant_ms}"), "2025-01-31T23:59:59.999Z");
  assertEquals(render("{from|epoch}"), "1735689600");
  assertEquals(render("{last|epoch}"), "1738367999");
  assertEquals(render("{last|epoch_ms}"), "1738367999999");
  assertEquals(render("{before|epoch}"), "1735689599");
});

Deno.test("renderTemplate() writes patterns in UTC with |utc, whatever the time zone", () => {
  const window = { from: day("2024-10-27"), to: day("2024-10-28") };
  const changes = { window, timeZone: "Europe/Brussels" };
  assertEquals(render("{from|utc|%Y%m%d%H%M}", changes), "202410262200");
  assertEquals(render("{to|%Y%m%d%H%M|utc}", changes), "202410272300");
  assertEquals(render("{last|utc|%Y-%m-%dT%H:%M:%SZ}", changes), "2024-10-27T22:59:59Z");
  assertEquals(render("{from|utc}", changes), "2024-10-26");
});

Deno.test("renderTemplate() escapes values, and only values, for XML", () => {
  const each = { name: `A&B <"'>` };
  const text = renderTemplate(parseTemplate("<a>{each.name}</a>"), values({ each }), {
    escapeXml: true,
  });
  assertEquals(text, "<a>A&#38;B &#60;&#34;&#39;&#62;</a>");
});

Deno.test("renderTemplate() writes local time and its offset when the zone is ahead", () => {
  const window = { from: day("2025-07-01"), to: day("2025-07-02") };
  const changes = { window, timeZone: "Europe/London" };
  assertEquals(render("{from|local}", changes), "2025-07-01T00:00:00");
  assertEquals(render("{from|offset}", changes), "2025-07-01T00:00:00+01:00");
  assertEquals(render("{last|offset}", changes), "2025-07-01T23:59:59+01:00");
  assertEquals(render("{from|instant}", changes), "2025-06-30T23:00:00Z");
  assertEquals(render("{from}", changes), "2025-07-01");
  assertEquals(
    render("{from|%Y%m%dT%H%M%S%z}", { window, timeZone: "America/St_Johns" }),
    "20250701T000000-0230",
  );
});

Deno.test("renderTemplate() writes patterns of dates and times", () => {
  const window = { from: day("2025-01-05T09:07"), to: day("2025-01-05T13:30") };
  assertEquals(render("{from|%d/%m/%y}", { window }), "05/01/25");
  assertEquals(render("{from|%a, %e %B %Y}", { window }), "Sun,  5 January 2025");
  assertEquals(render("{from|%-d %b %H:%M:%S}", { window }), "5 Jan 09:07:00");
  assertEquals(render("{to|%I:%M %p}", { window }), "01:30 PM");
  assertEquals(render("{last|%T.%L}", { window }), "13:29:59.999");
  assertEquals(render("{from|%j %G-W%V-%u}", { window }), "005 2025-W01-7");
  assertEquals(render("{last|%Y-%m}"), "2025-01");
  assertEquals(render("{from|%s}"), "1735689600");
  assertEquals(render("100%{{{from|%Y%%}}}"), "100%{2025%}");
});

Deno.test("renderTemplate() knows ISO weeks at the edges of a year", () => {
  const week = (text: string) => render("{from|%G-%V}", { window: { from: day(text), to: 0 } });
  assertEquals(week("2024-12-30"), "2025-01");
  assertEquals(week("2021-01-03"), "2020-53");
  assertEquals(week("2026-12-31"), "2026-53");
});

Deno.test("renderTemplate() lets consecutive windows meet on days with a clock change", () => {
  const edges = ["2025-03-30", "2025-03-30T01:00", "2025-03-30T02:00", "2025-03-31"].map(day);
  const written = edges.slice(1).map((to, index) =>
    render("{from|epoch} {last|epoch}", {
      window: { from: edges[index]!, to },
      timeZone: "Europe/London",
    })
  );
  const start = instantOf(day("2025-03-30"), "Europe/London") / 1000;
  assertEquals(written, [
    `${start} ${start + 3599}`,
    `${start + 3600} ${start + 3599}`,
    `${start + 3600} ${start + 23 * 3600 - 1}`,
  ]);
});

Deno.test("renderTemplate() covers each second exactly once in any zone", () => {
  const zones = ["UTC", "Europe/London", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"];
  const minute = fc.integer({ min: day("1995-01-01"), max: day("2030-01-01") });
  fc.assert(fc.property(minute, fc.nat(3000), fc.constantFrom(...zones), (from, size, timeZone) => {
    const to = from + size + 1;
    const before = render("{last|epoch}", { window: { from: from - 60, to: from }, timeZone });
    const [first, last] = ["{from|epoch}", "{to|epoch}"].map((text) =>
      Number(render(text, { window: { from, to }, timeZone }))
    );
    assertEquals(Number(before) + 1, first);
    assertEquals(Number(render("{last|epoch}", { window: { from, to }, timeZone })) + 1, last);
  }));
});

Deno.test("renderTemplate() omits a parameter when a placeholder has no value", () => {
  assertEquals(render("{params.region}"), undefined);
  assertEquals(render("{params.region}", { params: { region: null } }), undefined);
  assertEquals(render("{params.region}", { params: { region: [] } }), undefined);
  assertEquals(render("region:{params.region}", { params: { region: [] } }), undefined);
  assertEquals(render("{from}", { window: null }), undefined);
  assertEquals(render("{params.toString}"), undefined);
  assertEquals(render("{each.__proto__.x}"), undefined);
  assertEquals(render("{params.region}", { params: { region: "" } }), "");
});

Deno.test("renderTemplate() returns a list for a single placeholder and joins it within a string", () => {
  const params = { regions: ["gb", "ire", null] };
  assertEquals(render("{params.regions}", { params }), ["gb", "ire"]);
  assertEquals(render("{params.regions|join:,}", { params }), "gb,ire");
  assertEquals(render("{params.regions|join:|}", { params }), "gb|ire");
  assertEquals(render("{params.regions|join: OR }", { params }), "gb OR ire");
  assertEquals(render("in {params.regions}", { params }), "in gb,ire");
});

Deno.test("renderTemplate() reads fields of the values of for_each", () => {
  const each = { place: { lat: 51.5, "long": -0.1, tags: { a: true } }, year: 2025 };
  assertEquals(render("{each.place.lat},{each.place.long}", { each }), "51.5,-0.1");
  assertEquals(render("{each.year}/{each.place.tags.a}", { each }), "2025/true");
});

Deno.test("renderTemplate() encodes the values of a path, not the template", () => {
  const each = { page: "Ünder/the?x", list: ["a b", "c,d"] };
  assertEquals(render("/v1/{each.page}/x", { each }, true), "/v1/%C3%9Cnder%2Fthe%3Fx/x");
  assertEquals(render("/v1/{each.list}", { each }, true), "/v1/a%20b,c%2Cd");
  for (const id of ["..", "."]) {
    assertThrows(() => render("/v1/{each.id}", { each: { id } }, true), Failure, "adds a segment");
  }
});

Deno.test("renderJson() keeps the type of a single placeholder", () => {
  const json = (text: string, changes = {}) => renderJson(parseTemplate(text), values(changes));
  assertEquals(json("{from|epoch}"), 1735689600);
  assertEquals(json("{from|epoch|text}"), "1735689600");
  assertEquals(json("{from|%Y|number}"), 2025);
  assertEquals(json("{each.id}", { each: { id: 7 } }), 7);
  assertEquals(json("{params.ids}", { params: { ids: ["1", "2"] } }), ["1", "2"]);
  assertEquals(json("{params.ids|number}", { params: { ids: ["1", "2"] } }), [1, 2]);
  assertEquals(json("{params.ids|join:,}", { params: { ids: ["1", "2"] } }), "1,2");
  assertEquals(json("x {from}"), "x 2025-01-01");
  assertEquals(json("{params.none}"), undefined);
});

Deno.test("readTemplate() reports what is wrong and what was probably meant", () => {
  const wrong = (text: string) => {
    const template = readTemplate(text);
    return "problem" in template ? [template.problem, template.guess] : undefined;
  };
  assertEquals(wrong("{form}"), ['unknown placeholder "{form}"', "{from}"]);
  assertEquals(wrong("{param.x}"), ['unknown placeholder "{param.x}"', "{params.x}"]);
  assertEquals(wrong("{from|epoc}"), ['unsupported format "epoc"', "epoch"]);
  assertEquals(wrong("{from|iso}"), [
    'unsupported format "iso"; expected one of date, instant, instant_ms, local, offset, epoch, ' +
    "epoch_ms, a pattern such as %d.%m.%Y",
    undefined,
  ]);
  assertEquals(wrong("{from|YYYY-MM-DD}"), [
    'unsupported format "YYYY-MM-DD"; expected one of date, instant, instant_ms, local, offset, ' +
    "epoch, epoch_ms, a pattern such as %d.%m.%Y",
    undefined,
  ]);
  assertEquals(wrong("{date}"), ['unknown placeholder "{date}"', "{from}"]);
  assertEquals(wrong("{from|%Q}"), ['unsupported directive "%Q"', undefined]);
  assertEquals(wrong("{each.x|jion:,}"), ['unknown filter "jion:,"', "join:,"]);
  assertEquals(wrong("{from"), ['a "{" has no closing "}"', undefined]);
  assertEquals(wrong("{region}"), ['unknown placeholder "{region}"', "{params.region}"]);
  assertEquals(wrong("{params.a.b}"), ['a parameter has no fields: "{params.a.b}"', "{params.a}"]);
  assertEquals(wrong("{{from}}"), undefined);
});

Deno.test("renderTemplate() keeps the braces of JSON and GraphQL", () => {
  assertEquals(render('{"a":{"b":"{from}"}}'), '{"a":{"b":"2025-01-01"}}');
  assertEquals(render('{ races(day: "{ from }") { id } }'), '{ races(day: "2025-01-01") { id } }');
  assertEquals(render("{} } {1} {{from}} {{ {from} }}"), "{} } {1} {from} { 2025-01-01 }");
});

Deno.test("parseTemplate() throws with a hint when a placeholder is unknown", () => {
  const failure = assertThrows(() => parseTemplate("?d={form}"), Failure);
  assertEquals(
    failure.message,
    'Cannot read template "?d={form}": unknown placeholder "{form}"',
  );
  assertEquals(failure.hint, 'Did you mean "{from}"?');
  assertEquals(failure.kind, "configuration");
});

Deno.test("placeholders() lists the placeholders of a template", () => {
  const found = placeholders(parseTemplate("{from|epoch}-{each.a.b}-{params.c}"));
  assertEquals(found.map(({ from, name, fields }) => [from, name, ...fields]), [
    ["window", "from"],
    ["each", "a", "b"],
    ["params", "c"],
  ]);
  assertEquals(found.map(showsTime), [true, false, false]);
});

Deno.test("readTemplate() accepts any string, and a string without braces renders to itself", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const template = readTemplate(text);
    if ("problem" in template || /[{}]/.test(text)) return;
    assertEquals(renderTemplate(template, values()), text);
  }));
});

Deno.test("renderTemplate() keeps the slashes of a date pattern and of a value with |path", () => {
  const values = {
    window: { from: parseCivil("2025-01-31")!, to: parseCivil("2025-02-01")! },
    each: { repository: "a b/c", name: "AC/DC" },
    params: {},
    paging: { page: 3 },
    timeZone: "UTC",
  };
  const path = "{from|%Y/%mT%H:%M}/{each.repository|path}/{each.name}/{page}";
  assertEquals(
    renderTemplate(parseTemplate(path), values, { percentEncode: true }),
    "2025/01T00:00/a%20b/c/AC%2FDC/3",
  );
});

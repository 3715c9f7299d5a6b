import { assertEquals } from "@std/assert";
import { recordsOfDimensions } from "../../../lib/extract/value/dimensions.ts";

const DATASET = {
  version: "2.0",
  class: "dataset",
  id: ["unit", "geo", "time"],
  size: [1, 2, 3],
  dimension: {
    unit: { category: { label: { EUR: "Euro" } } },
    geo: { category: { index: { DE: 0, FR: 1 } } },
    time: { category: { index: ["2022", "2023", "2024"] } },
  },
};

Deno.test("recordsOfDimensions() reads JSON-stat, dense and sparse, the last dimension fastest", () => {
  const dense = recordsOfDimensions({
    ...DATASET,
    value: [1, 2, null, 4, 5, 6],
    status: { 2: "c", 3: "p" },
  });
  assertEquals(dense, [
    { unit: "EUR", geo: "DE", time: "2022", value: 1 },
    { unit: "EUR", geo: "DE", time: "2023", value: 2 },
    { unit: "EUR", geo: "DE", time: "2024", value: null, status: "c" },
    { unit: "EUR", geo: "FR", time: "2022", value: 4, status: "p" },
    { unit: "EUR", geo: "FR", time: "2023", value: 5 },
    { unit: "EUR", geo: "FR", time: "2024", value: 6 },
  ]);
  assertEquals(recordsOfDimensions({ ...DATASET, value: { 5: 6.5 } }), [
    { unit: "EUR", geo: "FR", time: "2024", value: 6.5 },
  ]);
});

Deno.test("recordsOfDimensions() reads SDMX-JSON by series and by observation", () => {
  const dimensions = {
    series: [{ id: "CURRENCY", values: [{ id: "USD" }, { id: "GBP" }] }],
    observation: [{ id: "TIME_PERIOD", values: [{ id: "2024-01" }, { id: "2024-02" }] }],
  };
  const dataSets = [{
    series: { "1": { observations: { "0": [0.86, 0], "1": [0.85, 0] } } },
  }];
  const records = [
    { CURRENCY: "GBP", TIME_PERIOD: "2024-01", value: 0.86 },
    { CURRENCY: "GBP", TIME_PERIOD: "2024-02", value: 0.85 },
  ];
  assertEquals(recordsOfDimensions({ dataSets, structure: { dimensions } }), records);
  assertEquals(recordsOfDimensions({ dataSets, structures: [{ dimensions }] }), records);
  const flat = { observation: [...dimensions.series, ...dimensions.observation] };
  const flatSets = [{ observations: { "1:0": [0.86], "1:1": [0.85] } }];
  assertEquals(
    recordsOfDimensions({ dataSets: flatSets, structure: { dimensions: flat } }),
    records,
  );
});

Deno.test("recordsOfDimensions() reports why a value is not a dataset", () => {
  assertEquals(recordsOfDimensions([]), "no dataset");
  assertEquals(recordsOfDimensions({ value: [1] }), 'no "id" and "size" of a JSON-stat dataset');
  assertEquals(
    recordsOfDimensions({ ...DATASET, value: [1, 2] }),
    "2 values for 6 cells of a JSON-stat dataset",
  );
  assertEquals(recordsOfDimensions({ dataSets: [] }), "no dimensions of an SDMX-JSON message");
});

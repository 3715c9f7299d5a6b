// Owns the names of an archive's files and the numbers by which a target refers to them. Pure. A number is the
// second in which its writer began (10 digits), five random digits of the writer, and the file's place among
// those of the writer (4 digits), so several writers never share a file.

/** The files of one writer. */
export interface FileSeries {
  /** Name of the job. */
  readonly job: string;
  /** Second in which the writer began, since 1970. */
  readonly second: number;
  /** From 0 to 99,999. */
  readonly random: number;
}

/** A file of an archive. */
export interface ArchiveFileName extends FileSeries {
  /** Place among the files of its writer, from 1. */
  readonly place: number;
}

/** The most files of one series. */
export const MOST_FILES = 9_999;

const PATTERN = /^(\w+)-(\d{8}T\d{6}Z)-(\d{5})-(\d{4})\.warc\.gz$/;

/** The name of a file, such as `shop-20261128T110102Z-04711-0001.warc.gz`. */
export function fileName({ job, second, random, place }: ArchiveFileName): string {
  const time = new Date(second * 1000).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${job}-${time}-${digits(random, 5)}-${digits(place, 4)}.warc.gz`;
}

/** Parses the name of a file; undefined for a name of another form. */
export function parseFileName(name: string): ArchiveFileName | undefined {
  const [, job, time, random, place] = PATTERN.exec(name) ?? [];
  if (job === undefined) return undefined;
  const iso = time!.replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    "$1-$2-$3T$4:$5:$6Z",
  );
  const second = Date.parse(iso) / 1000;
  if (!Number.isInteger(second)) return undefined;
  return { job, second, random: Number(random), place: Number(place) };
}

/** The number of a file. */
export function fileNumber({ second, random, place }: Omit<ArchiveFileName, "job">): bigint {
  return (BigInt(second) * 100_000n + BigInt(random)) * 10_000n + BigInt(place);
}

/** The name of a job's file, by its number. */
export function fileNameOf(job: string, number: bigint): string {
  const [series, place] = [number / 10_000n, Number(number % 10_000n)];
  const [second, random] = [Number(series / 100_000n), Number(series % 100_000n)];
  return fileName({ job, second, random, place });
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

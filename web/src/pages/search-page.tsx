import { Link } from "../components/link.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { Results } from "../components/results.tsx";

const EXAMPLES = ["a red dress", "white shoes", "something warm for the evening", "blue trousers"];

/** What is found for words. */
export function SearchPage({ text }: { text: string }) {
  if (text !== "") {
    return (
      <>
        <PageHeading title={<>“{text}”</>} tab={text} />
        <Results wanted={{ case: "text", value: text }} />
      </>
    );
  }
  return (
    <>
      <PageHeading title="What are you looking for?" />
      <p className="mt-4 text-muted">Say it in your own words, or find like a photo. For example:</p>
      <ul className="mt-6 flex flex-wrap gap-3">
        {EXAMPLES.map((example) => (
          <li key={example}>
            <Link to={{ page: "search", text: example }} className="button">
              {example}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

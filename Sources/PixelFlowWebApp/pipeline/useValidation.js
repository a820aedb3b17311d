import { useEffect, useState } from "react";
import { call } from "../service/calls.js";

const pause = 300;

/** What the service says to a pipeline: `{isKnown, errors}`, the errors by the path of their field. */
export function useValidation(pipeline) {
    const [validation, setValidation] = useState({ isKnown: false, errors: {} });
    useEffect(() => {
        const stop = new AbortController();
        setValidation((now) => ({ ...now, isKnown: false }));
        const timer = setTimeout(async () => {
            try {
                const answer = await call("POST", "/api/pipelines/check", pipeline, { signal: stop.signal });
                setValidation({ isKnown: true, errors: answer.valid ? {} : { [answer.field || ""]: answer.detail } });
            } catch (problem) {
                // If it cannot be asked, it is told when the pipeline is sent.
                if (problem.name !== "AbortError") setValidation({ isKnown: true, errors: {} });
            }
        }, pause);
        return () => {
            clearTimeout(timer);
            stop.abort();
        };
    }, [pipeline]);
    return validation;
}

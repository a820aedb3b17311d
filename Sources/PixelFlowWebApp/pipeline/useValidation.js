import { useEffect, useState } from "react";
import { call } from "../service/calls.js";

const pause = 300;

/** Validates a pipeline at the service: `{isKnown, errors}`, with the errors by field path. */
export function useValidation(pipeline) {
    const [validation, setValidation] = useState({ isKnown: false, errors: {} });
    useEffect(() => {
        const stop = new AbortController();
        setValidation((now) => ({ ...now, isKnown: false }));
        const timer = setTimeout(async () => {
            try {
                const response = await call("POST", "/api/pipelines/check", pipeline, { signal: stop.signal });
                setValidation({ isKnown: true, errors: response.valid ? {} : { [response.field || ""]: response.detail } });
            } catch (problem) {
                // If the service does not respond, the errors are shown when the pipeline is sent.
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

import { useEffect } from "react";
import { call } from "../service/calls.js";
import { makeStore, useStore } from "../service/store.js";

/**
 * The schema of pipelines from the service: operations and options of an output with their types, ranges and defaults.
 * Requested once, from the service that will read the pipelines, so that the editor offers only what this release supports.
 */
const schemaStore = makeStore({ schema: null, problem: null });
let isLoading = false;

export async function loadSchema() {
    if (isLoading || schemaStore.get().schema) return;
    isLoading = true;
    try {
        schemaStore.set({ schema: prepared(await call("GET", "/api/pipelines/schema")), problem: null });
    } catch (problem) {
        schemaStore.set({ problem });
    } finally {
        isLoading = false;
    }
}

/** `{schema, problem}`; `schema` is null until it is loaded. */
export function useSchema() {
    useEffect(() => { loadSchema(); }, []);
    return useStore(schemaStore);
}

function prepared({ operations, output }) {
    const format = output.parameters.find(({ name }) => name === "format");
    return {
        operations: Object.fromEntries(operations.map((operation) => [operation.name, operation])),
        formats: Object.fromEntries(format.choices.map(({ value, label }) => [value, label])),
        encoding: output.parameters.filter((parameter) => parameter !== format),
    };
}

/** Whether a parameter has an effect in this step and can be combined with the given ones. */
export function isUseful(parameter, step, { parameters, rules }) {
    const { name, when } = parameter;
    if (when) {
        const other = parameters.find((one) => one.name === when.parameter);
        const value = step[when.parameter] ?? other?.default;
        if (when.one_of && !when.one_of.includes(value)) return false;
        if (when.no_multiple_of && value % when.no_multiple_of === 0) return false;
    }
    const isGiven = (one) => step[one] !== undefined;
    return rules.every(({ excludes, by }) => !excludes || !(name === excludes ? by.some(isGiven) : by.includes(name) && isGiven(excludes)));
}

/** What an error code means to somebody who only has a picture: a title, and what can be done. */
const known = {
    not_an_image: ["Not a picture", "The file could not be read as one of the known picture formats. Try another file."],
    truncated_image: ["The picture is not complete", "The file ends too early. Export or download it again."],
    damaged_image: ["The picture is damaged", "The file contradicts itself. Export it again."],
    unsupported_format: ["Format not supported", "The details say which kind it is. Send the picture as JPEG, PNG, WebP, AVIF, GIF or TIFF."],
    too_many_pixels: ["The picture is too big", "It has more pixels than this service takes. Send a smaller one."],
    too_many_frames: ["The animation is too long", "It has more frames than this service takes."],
    image_too_large_in_memory: ["The picture is too big", "Decoding it takes more memory than this service has for one. Send a smaller one."],
    source_too_large: ["The file is too large", "The picture at this URL has more bytes than this service takes."],
    source_not_found: ["Nothing at this URL", "Check the address, then replay."],
    source_refused: ["The URL was refused", "The other server did not hand out the picture."],
    source_unavailable: ["The other server has a problem", "It answered with an error. Replay once it is back."],
    source_unreachable: ["The server cannot be reached", "Nobody answers at this address. Check it, then replay."],
    source_timeout: ["The server is too slow", "It did not send the picture in time. Replay to try again."],
    source_missing: ["The upload is gone", "The stored bytes are no longer there. Upload the picture again."],
    name_not_resolved: ["Unknown server", "The name in the URL leads nowhere. Check the address."],
    address_blocked: ["Address not allowed", "Pictures are not fetched from private networks."],
    url_invalid: ["Not a usable URL", "Only http and https addresses can be fetched."],
    port_not_allowed: ["Port not allowed", "Pictures are fetched from the usual ports of the web only."],
    source_encoding_unsupported: ["Compressed in an unknown way", "The other server packs the picture in a way that is not read here."],
    source_encoding_invalid: ["The answer is damaged", "What the other server sent is not packed as it says."],
    too_many_redirects: ["The URL goes round in circles", "The server sends from one address to the next."],
    render_timeout: ["It took too long", "Try fewer or simpler operations, or a smaller picture."],
    render_crashed: ["Processing broke down", "It is tried once more by itself."],
    poison: ["This picture cannot be processed", "Processing broke down on it again and again, so it is not tried any more."],
    outputs_failed: ["No output could be made", "Each output below tells why. Change the pipeline and upload again."],
    worker_lost: ["The workers went away", "The task was lost several times on the way. Replay to try again."],
    crop_outside_image: ["The crop is outside of the picture", "Choose a rectangle that lies within the picture."],
    max_bytes_unreachable: ["It cannot be made that small", "Not even the lowest quality fits. Allow more bytes, or resize."],
    output_too_large: ["The output would be too large", "Ask for a smaller size."],
    output_too_large_in_memory: ["The output would be too large", "Making it takes more memory than this service has for one. Ask for a smaller size."],
    outputs_too_large: ["The outputs would be too large", "Together they have too many bytes. Ask for fewer or smaller ones."],
    dimensions_unsupported: ["Too large for this format", "The format cannot hold a picture of this size."],
    encoding_failed: ["It could not be encoded", "Try another format or size."],
    output_failed: ["An operation failed", "Change the operations of this output."],
    watermark_missing: ["The watermark is gone", "Upload it again and use its new task."],
    watermark_unreadable: ["The watermark cannot be read", "Use another picture as the mark."],
};

export function errorWords({ code, message }) {
    const [title, advice] = known[code] || [message.replace(/\.$/, ""), ""];
    return { title, advice };
}

const steps = {
    created: "Accepted", claimed: "Picked up by a worker", completed: "All done", cancelled: "Cancelled",
    replayed: "Started again", lease_lost: "The worker went away; handed to another one", handed_back: "Handed back by a worker that was stopping",
};

/** A step of a task's life in words. */
export function stepWords(step) {
    if (steps[step.reason]) return steps[step.reason];
    const why = errorWords({ code: step.reason, message: step.reason.replaceAll("_", " ") }).title;
    return step.status === "PENDING" ? `${why}; will be tried again` : why;
}

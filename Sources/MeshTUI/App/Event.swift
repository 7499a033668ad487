public import FoundationEssentials
public import MeshState

/// What happens to the application; `update` is the only reader.
public enum Event: Sendable {
    case key(Key)
    case resize(Size)
    /// The mesh as it is now.
    case snapshot(MeshSnapshot)
    /// The time, about once a second, so that ages are shown right.
    case tick(Date)
    case changeFinished(ChangeRequest, ChangeResult)
    /// What was read for `Effect.gather`.
    case gathered(ObjectWork, Gathering)
    /// The files and folders that may be meant by what was typed; folders end in a slash.
    case paths(typed: String, [String])
    /// Which changes of service entries the API refuses to the operator in a namespace.
    case rights(namespace: String, denied: Set<ActionRecord.Verb>)
    /// What was found out for a question.
    case answered(Question, Findings)
    /// The mesh configuration could not be read, and why.
    case notAnswered(Question, String)
    /// Objects as the API holds them now, for the dialog of this number.
    case read(id: Int, [ObjectKey: ObjectReading])
    /// What the changes of the dialog of this number would do.
    case foreseen(id: Int, Foresight)
    /// What was left half written, as the program starts.
    case drafts([Draft])
    /// What came of the editor.
    case edited(EditorJob, EditorOutcome)
    /// The program is about to end, whatever is open.
    case hangUp
    /// What was read for `Effect.readForUndo`.
    case undo([ActionRecord], [ObjectKey: ObjectReading])
    /// The mesh as it was at the moment that `Effect.seek` led to; nil for the present.
    case past(MeshSnapshot?)
    /// A line for the operator from the effect runner, such as the path of a saved file.
    case message(String, isError: Bool)
    case mouse(MouseInput)
    /// What was found besides the mesh.
    case surroundings(Surroundings)
    /// A theme was read.
    case theme(Theme)
    /// The theme that suits the terminal's background, for an operator who has named none.
    case standardTheme(Theme)
    /// What was typed into prompts in earlier consoles.
    case remembered(PromptHistory)
    /// From now on snapshots come from another mesh, or from another part of it.
    case switched(context: String, readOnly: Bool)
}

/// What the application wants done; only the effect runner acts on it.
public enum Effect: Sendable, Hashable {
    case apply(ChangeRequest)
    /// Make these changes one after the other, as one batch.
    case applyTogether([ChangeRequest])
    /// Read what this is about; the answer is `Event.gathered`.
    case gather(ObjectWork)
    /// List what is in the folder of a half typed path; the answer is `Event.paths`.
    case listPaths(String)
    /// Read the mesh configuration, unless it is as it was, and answer from it.
    case ask(Question)
    /// Ask the API for these objects as they are now.
    case read(id: Int, [ObjectKey])
    /// Work out what these changes would do together.
    case foresee(id: Int, [ChangeRequest])
    /// Open this in the operator's editor, and bring it back when the rules let it pass or it is given up.
    case edit(EditorJob)
    /// Remove what the editor wrote.
    case removeEdited(file: String)
    case writeDraft(Draft)
    case removeDraft(Draft.ID)
    /// Ask the API for the objects of changes that are to be undone together; the answer is `Event.undo`.
    case readForUndo([ActionRecord])
    /// End these entries, whose time is over.
    case enforce([ObjectKey])
    /// Go in what was recorded; the answer is `Event.past`, or a message where there is nothing.
    case seek(TimeStep)
    /// Put an error that was shown into the log.
    case log(String)
    /// Ask every source again now; those that back off retry at once.
    case refresh
    /// Seconds between two polls.
    case setInterval(Double)
    /// Draw everything anew, as the terminal may show something else.
    case redraw
    case suspend
    case copy(String)
    /// Write this text (what is shown) to a new file of mode 0600; the path comes back as a message.
    case save(text: String, name: String)
    case quit
    /// Find out about themes, contexts and paths.
    case lookAround
    case loadTheme(String)
    case remember(PromptHistory)
    case setMouse(Bool)
    /// Put settings with their values into the configuration file.
    case writeSettings([String: String])
    /// Look at another context, nil for the same, and another namespace.
    case switchMesh(context: String?, namespace: NamespaceChoice)
}

/// Which part of a mesh is looked at.
public enum NamespaceChoice: Sendable, Hashable {
    case same, all
    case one(String)
}

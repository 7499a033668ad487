import Foundation
import MeshState

/// What the API says about its caller: who holds the token may do everything.
enum AccessReview {
    static func answer(kind: String, to request: JSONValue) -> JSONValue {
        var review = request
        review["metadata"] = ["creationTimestamp": .null]
        switch kind {
        case "SelfSubjectReview":
            review["apiVersion"] = "authentication.k8s.io/v1"
            review["metadata"] = ["creationTimestamp": .string(Date.now.rfc3339Text)]
            review["status"] = [
                "userInfo": [
                    "username": "admin", "uid": "admin", "groups": ["system:masters", "system:authenticated"],
                ]
            ]
        case "SelfSubjectRulesReview":
            review["apiVersion"] = "authorization.k8s.io/v1"
            review["status"] = [
                "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
                "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]], "incomplete": false,
            ]
        default:
            review["apiVersion"] = "authorization.k8s.io/v1"
            review["status"] = ["allowed": true]
        }
        review["kind"] = .string(kind)
        return review
    }
}
